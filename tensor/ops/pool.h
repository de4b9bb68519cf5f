// Pooling over windows of an image. (B, C, H, W) -> (B, C, H', W'), H' = (H + 2 padding - size) / stride + 1
#pragma once
#include "tensor/tensor.h"

namespace ceir {

Tensor max_pool2d(const Tensor& x, int64_t size, int64_t stride, int64_t padding);  // padding counts as -inf
Tensor avg_pool2d(const Tensor& x, int64_t size, int64_t stride);                   // odd rests are dropped
// The same on images with their channels last: (B, H, W, C) -> (B, H', W', C).
Tensor max_pool2d_channels_last(const Tensor& x, int64_t size, int64_t stride, int64_t padding);
Tensor avg_pool2d_channels_last(const Tensor& x, int64_t size, int64_t stride);
Tensor global_avg_pool2d(const Tensor& x);                                          // -> (B, C)

}  // namespace ceir
