#include "tensor/ops/conv2d.h"

#include "tensor/ops/matmul.h"
#include "tensor/ops/patches.h"
#include "tensor/ops/shape.h"

namespace ceir {

// A linear layer on windows; its gradient is the composition's.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t stride, int64_t padding) {
  require_rank("conv2d: x", x, 4);
  require_rank("conv2d: weight", weight, 4);
  const int64_t batch = x.dim(0), out = weight.dim(0), kh = weight.dim(2), kw = weight.dim(3);
  if (weight.dim(1) != x.dim(1))
    fail(ErrorKind::internal, "conv2d: weight of shape {} does not fit x of shape {}", weight.shape().str(), x.shape().str());
  const Tensor windows = patches(x, kh, kw, stride, padding);                                       // (B, P, C kh kw)
  const Tensor y = linear(windows, reshape(weight, {out, weight.dim(1) * kh * kw}), bias);          // (B, P, O)
  const int64_t ho = (x.dim(2) + 2 * padding - kh) / stride + 1, wo = (x.dim(3) + 2 * padding - kw) / stride + 1;
  return reshape(permute(y, {0, 2, 1}), {batch, out, ho, wo});                                      // (B, O, H', W')
}

}  // namespace ceir
