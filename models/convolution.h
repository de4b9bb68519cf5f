// A convolution with the batch normalisation and the ReLU that follow it, for inference.
#pragma once
#include <string>

#include "models/parameter_slot.h"
#include "nn/linear.h"

namespace ceir {

// y = relu(batchnorm(conv(x)) + residual), He et al. 2016, figure 2. Images have their channels last: (B, H, W, C).
struct Convolution {
  Linear weight;                           // (O, C, kernel, kernel), no bias
  Tensor gain, bias, mean, variance;       // (O): of the batch normalisation; its statistics are fixed
  int64_t channels = 0, out = 0, kernel = 1, stride = 1;   // padding is kernel / 2
  double eps = 1e-5;

  Convolution() { weight.channels_last = true; }

  // x (B, H, W, C) -> (B, H', W', O), by kernels/convolution: the windows of a picture never lie in memory together.
  Tensor operator()(const Tensor& x, bool relu, const Tensor& residual = {}) const;

  // "CONV.weight"; "NORM.weight", ".bias", ".running_mean", ".running_var".
  void slots(const std::string& conv, const std::string& norm, ParameterSlots& list);
};

Tensor to_channels_last(const Tensor& x);                                               // (B, C, H, W) -> (B, H, W, C)
Tensor to_channels_first(const Tensor& x);                                              // and back

}  // namespace ceir
