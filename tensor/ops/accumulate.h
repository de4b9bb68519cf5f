// Adding up gradients.
#pragma once
#include "tensor/tensor.h"

namespace ceir {

// sum + g, in place when `sum` is contiguous and nobody else holds its storage; not differentiable.
Tensor accumulated(Tensor sum, const Tensor& g);

}  // namespace ceir
