// Functions of one element. (any shape) -> (same shape)
#pragma once
#include "kernels/unary/unary.h"
#include "tensor/tensor.h"

namespace ceir {

Tensor exp(const Tensor& x);
Tensor log(const Tensor& x);
Tensor tanh(const Tensor& x);
Tensor sigmoid(const Tensor& x);     // 1 / (1 + e^-x)
Tensor relu(const Tensor& x);        // derivative 0 at 0
Tensor gelu_erf(const Tensor& x);    // x (1 + erf(x / sqrt 2)) / 2
Tensor gelu_tanh(const Tensor& x);   // x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2
Tensor quick_gelu(const Tensor& x);  // x sigmoid(1.702 x)
Tensor apply(Unary function, const Tensor& x);  // any of them, by name (a model's activation)

}  // namespace ceir
