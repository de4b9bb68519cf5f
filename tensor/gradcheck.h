// The gradient checker: central differences in double against the tape.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace ceir {

using Function = std::function<Tensor(const std::vector<Tensor>& inputs)>;

struct GradCheck {
  double error;       // max over inputs of max|analytic - numeric| / max(max|numeric|, 0.01)
  std::string worst;  // "input 1, element 7: tape 0.1234, differences 0.1233"
};

// Checks every element of every input of `f` (inputs in f64, each made a leaf here). The result may have any shape:
// it is contracted with a fixed pseudo-random tensor first, so one backward covers the whole Jacobian. The step is
// `step` x max(1, |x|); the difference quotient is Richardson-extrapolated from steps h and h/2 (error of order h^4).
// `at_most` > 0 checks only that many elements per input, spread evenly (whole models).
GradCheck check_gradients(const Function& f, const std::vector<Tensor>& inputs, double step = 1e-4, int64_t at_most = 0);

}  // namespace ceir
