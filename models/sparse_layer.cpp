#include "models/sparse_layer.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "models/linear_layer.h"

namespace ceir {
namespace {

// The proximal map of step x (l1 |w| + l2/2 w^2): towards 0 by step x l1, then shrunk.
double shrink(double w, double step, double l1, double l2) {
  const double off = std::abs(w) - step * l1;
  return off > 0 ? std::copysign(off / (1 + step * l2), w) : 0.0;
}

}  // namespace

LinearLayer fit_sparse_layer(const Tensor& x, const Tensor& y, const SparseLayerOptions& options, Monitor* monitor) {
  if (!(options.lambda >= 0) || !std::isfinite(options.lambda))
    usage_error("sparse layer: lambda must be 0 or more, not {}", options.lambda);
  if (!(options.alpha >= 0 && options.alpha <= 1))
    usage_error("sparse layer: alpha must be from 0 to 1, not {}", options.alpha);
  if (options.max_iterations < 1)
    usage_error("sparse layer: at least 1 iteration is needed, not {}", options.max_iterations);
  SoftmaxRegression data("sparse layer", x, y, true);
  const double l1 = options.lambda * options.alpha, l2 = options.lambda * (1 - options.alpha);
  const double n = static_cast<double>(data.rows());
  // The softmax's own curvature is at most 1/2.
  const double step = 1 / std::max(1e-300, data.largest_eigenvalue() / (2 * n));
  const auto penalised = [&](size_t i) { return static_cast<int64_t>(i) % data.width() < data.features(); };
  const auto violation = [&](const std::vector<double>& w, const std::vector<double>& gradient) {
    double worst = 0;
    for (size_t i = 0; i < w.size(); i++) {
      const double g = gradient[i] / n;
      if (!penalised(i))
        worst = std::max(worst, std::abs(g));
      else if (w[i] == 0)
        worst = std::max(worst, std::abs(g) - l1);
      else
        worst = std::max(worst, std::abs(g + std::copysign(l1, w[i]) + l2 * w[i]));
    }
    return worst;
  };

  std::vector<double> w(static_cast<size_t>(data.classes() * data.width()), 0.0), ahead = w, next(w.size()), gradient;
  double momentum = 1;
  int64_t iterations = 0;
  bool converged = false;
  for (; iterations < options.max_iterations && !converged; iterations++) {
    data.loss(ahead, gradient);
    double turn = 0;  // (ahead - next).(next - w): positive when momentum points uphill
    for (size_t i = 0; i < w.size(); i++) {
      const double moved = ahead[i] - step * gradient[i] / n;
      next[i] = penalised(i) ? shrink(moved, step, l1, l2) : moved;
      turn += (ahead[i] - next[i]) * (next[i] - w[i]);
    }
    const double grown = turn > 0 ? 1.0 : (1 + std::sqrt(1 + 4 * momentum * momentum)) / 2;
    const double weight = turn > 0 ? 0.0 : (momentum - 1) / grown;
    for (size_t i = 0; i < w.size(); i++) ahead[i] = next[i] + weight * (next[i] - w[i]);
    momentum = grown;
    w.swap(next);
    if (iterations % 10 == 9) {
      data.loss(w, gradient);
      const double worst = violation(w, gradient);
      converged = worst <= options.tolerance;
      report(monitor, "sparse layer", iterations + 1, options.max_iterations, "rounds",
             fmt::format("violation {:.2g}", worst));
    }
  }
  LinearLayer layer = layer_from(data, w);
  layer.objective = layer.mean_cross_entropy;
  for (const double v : layer.weight.span<double>()) layer.objective += l1 * std::abs(v) + l2 / 2 * v * v;
  layer.iterations = iterations;
  layer.converged = converged;
  return layer;
}

int64_t count_nonzero(const LinearLayer& layer) {
  const auto w = layer.weight.span<double>();
  return std::count_if(w.begin(), w.end(), [](double v) { return std::abs(v) > 1e-5; });
}

}  // namespace ceir
