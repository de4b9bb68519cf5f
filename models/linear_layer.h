// From solved coefficients to a LinearLayer.
#pragma once
#include <vector>

#include "models/probe.h"
#include "models/softmax_regression.h"

namespace ceir {

// w (classes, width). The bias gets mean 0; objective is left 0 for the caller, mean_cross_entropy is computed.
LinearLayer layer_from(SoftmaxRegression& data, const std::vector<double>& w);

}  // namespace ceir
