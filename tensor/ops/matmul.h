// Matrix products.
#pragma once
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

// (..., in) x (out, in)^T + bias (out) -> (..., out). bias may be undefined.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, const LinearEpilogue& epilogue = {});

}  // namespace ceir
