// Rows of a table.
#pragma once
#include "tensor/tensor.h"

namespace ceir {

// weight (V, C), ids (...) i64 -> (..., C); repeated ids add up their gradients. Throws Error on an id outside [0, V).
Tensor embedding(const Tensor& weight, const Tensor& ids);

}  // namespace ceir
