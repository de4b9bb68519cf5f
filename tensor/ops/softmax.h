// Softmax over the last dimension, the maximum subtracted first.
#pragma once
#include "tensor/tensor.h"

namespace ceir {

// (..., C) -> (..., C). causal: x is (..., T, T) and entries right of the diagonal count as -inf.
Tensor softmax(const Tensor& x, bool causal = false);
Tensor log_softmax(const Tensor& x);  // x - logsumexp(x)

}  // namespace ceir
