// Matrix products.
#pragma once
#include <memory>

#include "kernels/unary/unary.h"
#include "tensor/tensor.h"

namespace ceir {

// (..., M, K) x (..., K, N) -> (..., M, N); transpose_x reads the last two dimensions swapped. Leading dimensions
// broadcast; a shared operand's gradient is summed.
Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a = false, bool transpose_b = false);

// What a linear layer can do to its result while it is still in registers.
struct LinearEpilogue {
  Unary activation = Unary::none;  // y = f(x W^T + bias)
  Tensor residual;                 // y += residual, same shape as y; after the activation
};

// A weight laid out as the chosen kernel reads it (kernels/gemm/packed.h). It is used only for the tensor it was made
// from; values changed in place are not noticed.
struct PackedWeight {
  Tensor panels;
  int64_t width = 0;
  Tensor made_from;  // keeps the memory alive, so that its address says who it is
};
// Null when the chosen kernel has no use for it.
std::shared_ptr<const PackedWeight> pack_weight(const Tensor& weight);

// (..., in) x (out, in)^T + bias (out) -> (..., out). bias may be undefined. Under a tape the activation is an
// operation of its own, because its gradient needs the values before it.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, const LinearEpilogue& epilogue = {},
              const PackedWeight* packed = nullptr);

}  // namespace ceir
