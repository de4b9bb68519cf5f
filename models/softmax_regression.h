// Mean cross-entropy of a linear layer over many rows, with its gradient and its curvature: what the probe and the
// sparse layer minimise. Everything in f64, block by block in order, the same bits for any number of threads.
#pragma once
#include <string_view>
#include <vector>

#include "tensor/tensor.h"

namespace ceir {

class SoftmaxRegression {
 public:
  // x (N, d) f32 or f64, y (N) i64; with `bias`, every row gets a last coordinate 1. Checks what fit_probe promises.
  SoftmaxRegression(std::string_view op, const Tensor& x, const Tensor& y, bool bias);

  int64_t rows() const { return n_; }
  int64_t width() const { return width_; }  // d, or d + 1 with bias
  int64_t features() const { return d_; }
  int64_t classes() const { return static_cast<int64_t>(names_.size()); }
  const std::vector<int64_t>& names() const { return names_; }

  // Sum over rows of -log softmax(W x)[y]; gradient (classes, width) of that sum. w (classes, width). Keeps the
  // probabilities for curvature().
  double loss(const std::vector<double>& w, std::vector<double>& gradient);
  double loss(const std::vector<double>& w);  // without gradient, nothing kept

  // Hessian of the sum at the last loss() with gradient, times v (classes, width).
  void curvature(const std::vector<double>& v, std::vector<double>& product);

  // Largest eigenvalue of sum x x^T, at most 5 % above the true one (power iteration on the Gram matrix).
  double largest_eigenvalue();

 private:
  double pass(const std::vector<double>& w, std::vector<double>* gradient);
  void load(int64_t begin, int64_t end);

  std::string op_;
  Tensor x_;
  int64_t n_, d_, width_;
  bool bias_;
  std::vector<int64_t> names_;
  std::vector<int32_t> y_;
  std::vector<double> block_, scores_, probabilities_;
};

}  // namespace ceir
