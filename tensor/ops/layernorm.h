// Layer normalisation: Ba, Kiros & Hinton 2016, eq. 4.
#pragma once
#include "tensor/tensor.h"

namespace ceir {

// (..., C), gain (C), bias (C) -> (..., C): (x - mean) / sqrt(biased var + eps) * gain + bias, row by row.
Tensor layernorm(const Tensor& x, const Tensor& gain, const Tensor& bias, double eps);

}  // namespace ceir
