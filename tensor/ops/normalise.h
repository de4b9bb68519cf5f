// L2 normalisation.
#pragma once
#include "tensor/tensor.h"

namespace ceir {

Tensor l2_normalise(const Tensor& x);  // (..., C): x / sqrt(sum x^2) over the last dimension, no epsilon

}  // namespace ceir
