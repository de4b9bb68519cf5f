// Batch normalisation: Ioffe & Szegedy 2015.
#pragma once
#include "tensor/tensor.h"

namespace ceir {

// x (N, C) or (N, C, H, W); gain, bias, running_mean, running_var (C).
// training: normalises with the batch mean and BIASED variance, and moves the running statistics in place:
// running += momentum (batch - running), with the UNBIASED variance. Else: running statistics.
// Throws Error when training with fewer than two values per channel.
Tensor batchnorm(const Tensor& x, const Tensor& gain, const Tensor& bias, Tensor& running_mean, Tensor& running_var,
                 bool training, double momentum = 0.1, double eps = 1e-5);

}  // namespace ceir
