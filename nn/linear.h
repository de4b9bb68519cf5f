// A linear layer, with its weights packed once when they are frozen.
#pragma once
#include <memory>

#include "tensor/ops/matmul.h"

namespace ceir {

// y = f(x W^T + bias) + residual. (..., in) -> (..., out)
struct Linear {
  Tensor weight;  // (out, in)
  Tensor bias;    // (out), or undefined

  Tensor operator()(const Tensor& x, const LinearEpilogue& epilogue = {}) const;

  // Lays the weight out once as the matrix product reads it. Call it when the values will not change any more; a copy
  // made for another tensor or another kernel variant is noticed and not used. Same bits with and without.
  void freeze();

  std::shared_ptr<const PackedWeight> packed;
};

}  // namespace ceir
