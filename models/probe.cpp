#include "models/probe.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/gemm/gemm.h"
#include "models/kmeans_rows.h"
#include "models/linear_layer.h"
#include "models/row_blocks.h"

namespace ceir {
namespace {

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); i++) sum += a[i] * b[i];
  return sum;
}

double largest(const std::vector<double>& a) {
  double most = 0;
  for (const double v : a) most = std::max(most, std::abs(v));
  return most;
}

// C x loss + 1/2 |W without bias|^2, by Newton's method: each step solved by conjugate gradients to a residual that
// shrinks with the gradient, then a step length by backtracking (Nocedal & Wright 2006, algorithm 7.1).
class Newton {
 public:
  Newton(SoftmaxRegression& data, const ProbeOptions& options)
      : data_(data), options_(options), w_(static_cast<size_t>(data.classes() * data.width()), 0.0) {}

  // Iterations used, or -1 - iterations when the tolerance was not reached.
  int64_t run(Monitor* monitor) {
    const double enough = options_.tolerance * std::max(1.0, options_.c * static_cast<double>(data_.rows()));
    double value = objective(w_, &gradient_);
    for (int64_t i = 0; i < options_.max_iterations; i++) {
      const double size = largest(gradient_);
      report(monitor, "linear probe", i, options_.max_iterations, "steps", fmt::format("gradient {:.2g}", size));
      if (size <= enough) return i;
      const std::vector<double> step = direction();
      const double slope = dot(gradient_, step);
      double length = 1, next = 0;
      std::vector<double> tried(w_.size()), next_gradient;
      bool better = false;
      for (int halvings = 0; halvings < 40 && !better; halvings++, length /= 2) {
        for (size_t j = 0; j < w_.size(); j++) tried[j] = w_[j] + length * step[j];
        next = objective(tried, nullptr);
        better = next <= value + 1e-4 * length * slope;
      }
      // Near the optimum the objective no longer resolves the step, but the gradient still does.
      if (!better) {
        for (size_t j = 0; j < w_.size(); j++) tried[j] = w_[j] + step[j];
        next = objective(tried, &next_gradient);
        if (largest(next_gradient) >= size) return size <= 1e3 * enough ? i : -1 - i;
      } else {
        next = objective(tried, &next_gradient);
      }
      w_.swap(tried);
      gradient_.swap(next_gradient);
      value = next;
    }
    return -1 - options_.max_iterations;
  }

  const std::vector<double>& weights() const { return w_; }

 private:
  double objective(const std::vector<double>& w, std::vector<double>* gradient) {
    double value = options_.c * (gradient ? data_.loss(w, *gradient) : data_.loss(w));
    for (size_t i = 0; i < w.size(); i++) {
      const double weight = penalised(i) ? w[i] : 0.0;
      value += weight * weight / 2;
      if (gradient) (*gradient)[i] = options_.c * (*gradient)[i] + weight;
    }
    return value;
  }

  bool penalised(size_t i) const { return static_cast<int64_t>(i) % data_.width() < data_.features(); }

  std::vector<double> direction() {
    std::vector<double> step(w_.size(), 0.0), residual(w_.size()), along(w_.size()), product;
    for (size_t i = 0; i < w_.size(); i++) along[i] = residual[i] = -gradient_[i];
    double size = dot(residual, residual);
    const double first = std::sqrt(size),
                 enough =
                     std::min(0.1, std::sqrt(first / std::max(1.0, options_.c * static_cast<double>(data_.rows())))) *
                     first;
    for (int round = 0; round < 500 && std::sqrt(size) > enough; round++) {
      data_.curvature(along, product);
      for (size_t i = 0; i < w_.size(); i++) product[i] = options_.c * product[i] + (penalised(i) ? along[i] : 0.0);
      const double bend = dot(along, product);
      if (!(bend > 0)) break;  // rounding only: the objective is convex
      const double length = size / bend;
      for (size_t i = 0; i < w_.size(); i++) step[i] += length * along[i], residual[i] -= length * product[i];
      const double next = dot(residual, residual), turn = next / size;
      for (size_t i = 0; i < w_.size(); i++) along[i] = residual[i] + turn * along[i];
      size = next;
    }
    return step;
  }

  SoftmaxRegression& data_;
  const ProbeOptions& options_;
  std::vector<double> w_, gradient_;
};

}  // namespace

LinearLayer layer_from(SoftmaxRegression& data, const std::vector<double>& w) {
  const int64_t k = data.classes(), d = data.features(), width = data.width();
  LinearLayer layer{Tensor::empty({k, d}, DType::f64),
                    Tensor::zeros({k}, DType::f64),
                    Tensor::from(data.names(), {k}),
                    0,
                    0,
                    0,
                    true};
  double mean = 0;
  for (int64_t c = 0; c < k; c++) {
    std::copy_n(w.data() + c * width, d, layer.weight.data<double>() + c * d);
    if (width > d) layer.bias.data<double>()[c] = w[static_cast<size_t>(c * width + d)];
    mean += layer.bias.data<double>()[c] / static_cast<double>(k);
  }
  for (int64_t c = 0; c < k; c++) layer.bias.data<double>()[c] -= mean;
  layer.mean_cross_entropy = data.loss(w) / static_cast<double>(data.rows());
  return layer;
}

LinearLayer fit_probe(const Tensor& x, const Tensor& y, const ProbeOptions& options, Monitor* monitor) {
  if (!(options.c > 0) || !std::isfinite(options.c)) usage_error("linear probe: C must be above 0, not {}", options.c);
  if (options.max_iterations < 1)
    usage_error("linear probe: at least 1 iteration is needed, not {}", options.max_iterations);
  SoftmaxRegression data("linear probe", x, y, options.bias);
  Newton newton(data, options);
  const int64_t iterations = newton.run(monitor);
  LinearLayer layer = layer_from(data, newton.weights());
  layer.objective = options.c * layer.mean_cross_entropy * static_cast<double>(data.rows());
  for (const double w : layer.weight.span<double>()) layer.objective += w * w / 2;
  layer.converged = iterations >= 0;
  layer.iterations = iterations >= 0 ? iterations : -1 - iterations;
  return layer;
}

Tensor linear_scores(const LinearLayer& layer, const Tensor& given) {
  require_rank("linear layer", given, 2);
  const Tensor x = given.contiguous();
  const int64_t n = x.dim(0), k = layer.weight.dim(0), d = layer.weight.dim(1);
  if (x.dim(1) != d) bad_input("linear layer: the rows have {} columns, the weights {}", x.dim(1), d);
  require_finite_rows("linear layer", x);
  Tensor scores = Tensor::empty({n, k}, DType::f64);
  std::vector<double> block(static_cast<size_t>(std::min(n, rows_per_block) * d));
  for (int64_t begin = 0; begin < n; begin += rows_per_block) {
    const int64_t rows = std::min(n - begin, rows_per_block);
    rows_in_f64(x, begin, begin + rows, nullptr, block.data(), d);
    gemm_f64_variants(Gemm<double>{block.data(), d, 1, layer.weight.data<double>(), 1, d,
                                   scores.data<double>() + begin * k, k, rows, k, d, false, layer.bias.data<double>()});
  }
  return scores;
}

Tensor predict(const LinearLayer& layer, const Tensor& x) {
  const Tensor scores = linear_scores(layer, x);
  const int64_t n = scores.dim(0), k = scores.dim(1);
  Tensor labels = Tensor::empty({n}, DType::i64);
  for (int64_t i = 0; i < n; i++) {
    const double* s = scores.data<double>() + i * k;
    labels.data<int64_t>()[i] = layer.classes.data<int64_t>()[std::max_element(s, s + k) - s];
  }
  return labels;
}

double accuracy(const LinearLayer& layer, const Tensor& x, const Tensor& y) {
  const Tensor labels = predict(layer, x), truth = y.contiguous();
  if (truth.rank() != 1 || truth.dim(0) != labels.dim(0))
    bad_input("linear layer: labels of shape {} stand against {} rows", truth.shape().str(), labels.dim(0));
  if (labels.dim(0) == 0) bad_input("linear layer: there are no rows to predict");
  int64_t right = 0;
  for (int64_t i = 0; i < labels.dim(0); i++) right += labels.data<int64_t>()[i] == truth.data<int64_t>()[i];
  return static_cast<double>(right) / static_cast<double>(labels.dim(0));
}

}  // namespace ceir
