// Two-dimensional cross-correlation.
#pragma once
#include "tensor/ops/matmul.h"
#include "tensor/tensor.h"

namespace ceir {

// x (B, C, H, W), weight (O, C, kh, kw), bias (O) or undefined, zero padding
// -> (B, O, (H + 2 padding - kh) / stride + 1, likewise).
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t stride, int64_t padding);

// The convolution of a vision transformer, whose stride is its window: x (B, C, H, W), weight (O, C size size), bias (O) or undefined
// -> (B, P, O), a row for each of the P = H / size * (W / size) patches. The weight may be left out where its panels are given.
Tensor patch_embedding(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t size, const PackedWeight* packed = nullptr);

// What follows the sum of a convolution in a residual network: y = relu((sum - mean) gain / sqrt(variance + eps) + bias + residual).
struct NormalisedEpilogue {
  Tensor mean, variance, gain, bias;   // (O): a batch normalisation with fixed statistics
  double eps = 1e-5;
  Tensor residual;                     // as y, or undefined
  bool relu = false;
};
// For inference, on images with their channels last: x (B, H, W, C), weight (O, kernel kernel C) -> (B, H', W', O). The weight may be left
// out where its panels are given. Throws Error(internal) where a gradient would be needed.
Tensor conv2d_channels_last(const Tensor& x, const Tensor& weight, int64_t kernel, int64_t stride, int64_t padding, const NormalisedEpilogue& after,
                            const PackedWeight* packed = nullptr);

}  // namespace ceir
