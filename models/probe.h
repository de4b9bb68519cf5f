// The linear probe: how well do labels follow from a representation by one linear layer?
#pragma once
#include <cstdint>

#include "kernels/base/monitor.h"
#include "tensor/tensor.h"

namespace ceir {

struct ProbeOptions {
  double c = 1.0;    // weight of the data against the penalty, as scikit-learn's C
  bool bias = true;  // not penalised
  int64_t max_iterations = 500;
  double tolerance = 1e-9;  // stop when max|gradient| <= tolerance x max(1, C x rows)
};

struct LinearLayer {
  Tensor weight;     // (classes, d) f64
  Tensor bias;       // (classes) f64, mean 0 (softmax does not see a constant); zeros without bias
  Tensor classes;    // (classes) i64: the label of each row, ascending
  double objective;  // what was minimised
  double mean_cross_entropy;
  int64_t iterations;
  bool converged;
};

// Multinomial logistic regression: minimises C sum_i -log softmax(W x_i + b)[y_i] + 1/2 |W|^2 by Newton's method with
// conjugate gradients (Lin, Weng & Keerthi 2008), in f64. x (N, d) f32 or f64, y (N) i64.
// Throws Error(bad_input): no rows, different lengths, values that are not finite (names the row), one class only;
// Error(usage): C not positive.
LinearLayer fit_probe(const Tensor& x, const Tensor& y, const ProbeOptions& options = {}, Monitor* monitor = nullptr);

Tensor linear_scores(const LinearLayer& layer, const Tensor& x);  // W x + b: (N, d) -> (N, classes) f64
Tensor predict(const LinearLayer& layer, const Tensor& x);        // (N) i64 labels; the lower class of equals
double accuracy(const LinearLayer& layer, const Tensor& x, const Tensor& y);  // share of rows with predict == y

}  // namespace ceir
