// Pooling over windows of an image. (B, C, H, W) -> (B, C, H', W'), H' = (H + 2 padding - size) / stride + 1
#pragma once
#include "tensor/tensor.h"

namespace ceir {

Tensor max_pool2d(const Tensor& x, int64_t size, int64_t stride, int64_t padding);  // padding counts as -inf
Tensor avg_pool2d(const Tensor& x, int64_t size, int64_t stride);                   // odd rests are dropped
Tensor global_avg_pool2d(const Tensor& x);                                          // -> (B, C)

}  // namespace ceir
