// Fixed pseudo-random tensors for tests of models.
#pragma once
#include "kernels/base/random.h"
#include "tensor/tensor.h"

namespace ceir::test {

// Normal entries times `scale`; `salt` tells tensors of one test apart.
inline Tensor drawn(const Shape& shape, uint64_t salt, double scale = 1, DType dtype = DType::f64) {
  Tensor t = Tensor::empty(shape, DType::f64);
  Random random(salt, "test.drawn");
  for (double& x : t.span<double>()) x = scale * random.normal();
  return t.to(dtype);
}

}  // namespace ceir::test
