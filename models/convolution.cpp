#include "models/convolution.h"

#include <cmath>

#include "tensor/ops.h"

namespace ceir {

Tensor Convolution::operator()(const Tensor& x, bool relu, const Tensor& residual) const {
  require_rank("convolution: x", x, 4);
  if (x.dim(3) != channels) fail(ErrorKind::internal, "convolution: an image of {} channels, expected {}", x.dim(3), channels);
  return conv2d_channels_last(x, weight.matrix(), kernel, stride, kernel / 2, {mean, variance, gain, bias, eps, residual, relu}, weight.packed.get());
}

void Convolution::slots(const std::string& conv, const std::string& norm, ParameterSlots& list) {
  // He et al. 2015, "Delving Deep into Rectifiers", for what is drawn.
  list.push_back({conv + ".weight", &weight.weight, {out, channels, kernel, kernel},
                  Initial::normal(std::sqrt(2.0 / static_cast<double>(out * kernel * kernel))), &weight});
  list.push_back({norm + ".weight", &gain, {out}, Initial::ones()});
  list.push_back({norm + ".bias", &bias, {out}, Initial::zeros()});
  list.push_back({norm + ".running_mean", &mean, {out}, Initial::zeros()});
  list.push_back({norm + ".running_var", &variance, {out}, Initial::ones()});
}

Tensor to_channels_last(const Tensor& x) { return permute(x, {0, 2, 3, 1}).contiguous(); }
Tensor to_channels_first(const Tensor& x) { return permute(x, {0, 3, 1, 2}).contiguous(); }

}  // namespace ceir
