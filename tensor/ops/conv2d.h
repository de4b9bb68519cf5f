// Two-dimensional cross-correlation.
#pragma once
#include "tensor/tensor.h"

namespace ceir {

// x (B, C, H, W), weight (O, C, kh, kw), bias (O) or undefined, zero padding
// -> (B, O, (H + 2 padding - kh) / stride + 1, likewise).
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t stride, int64_t padding);

}  // namespace ceir
