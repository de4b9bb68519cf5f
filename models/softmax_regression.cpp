#include "models/softmax_regression.h"

#include <algorithm>
#include <cmath>

#include "kernels/base/checked.h"
#include "kernels/base/interrupt.h"
#include "kernels/base/random.h"
#include "kernels/gemm/gemm.h"
#include "models/kmeans_rows.h"
#include "models/row_blocks.h"

namespace ceir {
namespace {

constexpr int64_t chunk = 64;  // rows whose losses are added up together

}  // namespace

SoftmaxRegression::SoftmaxRegression(std::string_view op, const Tensor& x, const Tensor& y, bool bias)
    : op_(op), bias_(bias) {
  require_rank(op, x, 2);
  require_rank(op, y, 1);
  if (y.dtype() != DType::i64) bad_input("{}: labels are whole numbers (i64), not {}", op, name_of(y.dtype()));
  x_ = x.contiguous();
  n_ = x.dim(0), d_ = x.dim(1), width_ = d_ + (bias ? 1 : 0);
  if (n_ == 0 || d_ == 0) bad_input("{}: there are no values, the shape is {}", op, x.shape().str());
  if (y.dim(0) != n_) bad_input("{}: {} labels stand against {} rows", op, y.dim(0), n_);
  require_finite_rows(op, x_);
  const Tensor labels = y.contiguous();
  names_.assign(labels.span<int64_t>().begin(), labels.span<int64_t>().end());
  std::sort(names_.begin(), names_.end());
  names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
  if (names_.size() < 2) bad_input("{}: every row has the label {}, at least two classes are needed", op, names_[0]);
  if (classes() > 100000) bad_input("{}: {} different labels: are these classes at all?", op, classes());
  y_.resize(static_cast<size_t>(n_));
  for (int64_t i = 0; i < n_; i++)
    y_[static_cast<size_t>(i)] = static_cast<int32_t>(
        std::lower_bound(names_.begin(), names_.end(), labels.data<int64_t>()[i]) - names_.begin());
  const int64_t most = std::min(n_, rows_per_block);
  block_.assign(static_cast<size_t>(most * width_), 1.0);
  scores_.resize(static_cast<size_t>(checked_mul(most, classes(), op)));
  probabilities_.resize(static_cast<size_t>(checked_mul(n_, classes(), op)));
}

void SoftmaxRegression::load(int64_t begin, int64_t end) {
  throw_if_interrupted();
  rows_in_f64(x_, begin, end, nullptr, block_.data(), width_);  // the last column stays 1 with bias
}

double SoftmaxRegression::loss(const std::vector<double>& w, std::vector<double>& gradient) {
  return pass(w, &gradient);
}
double SoftmaxRegression::loss(const std::vector<double>& w) { return pass(w, nullptr); }

double SoftmaxRegression::pass(const std::vector<double>& w, std::vector<double>* gradient) {
  const int64_t k = classes();
  std::vector<double> parts(static_cast<size_t>(ceil_div(rows_per_block, chunk)));
  if (gradient) gradient->assign(w.size(), 0.0);
  double total = 0;
  for (int64_t begin = 0; begin < n_; begin += rows_per_block) {
    const int64_t rows = std::min(n_ - begin, rows_per_block);
    load(begin, begin + rows);
    gemm_f64_variants(Gemm<double>{block_.data(), width_, 1, w.data(), 1, width_, scores_.data(), k, rows, k, width_});
    parallel_for(rows, chunk, [&](int64_t first, int64_t last) {
      double sum = 0;
      for (int64_t i = first; i < last; i++) {
        double* s = scores_.data() + i * k;
        const int32_t own = y_[static_cast<size_t>(begin + i)];
        const double largest = *std::max_element(s, s + k), at_own = s[own] - largest;
        double norm = 0;
        for (int64_t c = 0; c < k; c++) norm += s[c] = std::exp(s[c] - largest);
        sum += std::log(norm) - at_own;
        if (!gradient) continue;
        double* kept = probabilities_.data() + (begin + i) * k;
        for (int64_t c = 0; c < k; c++) kept[c] = s[c] /= norm;
        s[own] -= 1;
      }
      parts[static_cast<size_t>(first / chunk)] = sum;
    });
    for (int64_t i = 0; i < ceil_div(rows, chunk); i++) total += parts[static_cast<size_t>(i)];
    if (gradient)
      gemm_f64_variants(Gemm<double>{scores_.data(), 1, k, block_.data(), width_, 1, gradient->data(), width_, k,
                                     width_, rows, true});
  }
  return total;
}

void SoftmaxRegression::curvature(const std::vector<double>& v, std::vector<double>& product) {
  const int64_t k = classes();
  product.assign(v.size(), 0.0);
  for (int64_t begin = 0; begin < n_; begin += rows_per_block) {
    const int64_t rows = std::min(n_ - begin, rows_per_block);
    load(begin, begin + rows);
    gemm_f64_variants(Gemm<double>{block_.data(), width_, 1, v.data(), 1, width_, scores_.data(), k, rows, k, width_});
    parallel_for(rows, chunk, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; i++) {  // (diag(p) - p p^T) s
        double* s = scores_.data() + i * k;
        const double* p = probabilities_.data() + (begin + i) * k;
        double mean = 0;
        for (int64_t c = 0; c < k; c++) mean += p[c] * s[c];
        for (int64_t c = 0; c < k; c++) s[c] = p[c] * (s[c] - mean);
      }
    });
    gemm_f64_variants(
        Gemm<double>{scores_.data(), 1, k, block_.data(), width_, 1, product.data(), width_, k, width_, rows, true});
  }
}

double SoftmaxRegression::largest_eigenvalue() {
  std::vector<double> gram(static_cast<size_t>(width_ * width_), 0.0), v(static_cast<size_t>(width_)), next(v.size());
  for (int64_t begin = 0; begin < n_; begin += rows_per_block) {
    const int64_t rows = std::min(n_ - begin, rows_per_block);
    load(begin, begin + rows);
    gemm_f64_variants(Gemm<double>{block_.data(), 1, width_, block_.data(), width_, 1, gram.data(), width_, width_,
                                   width_, rows, true});
  }
  Random random(0, "power iteration");
  for (double& x : v) x = random.normal();
  double value = 0;
  for (int round = 0; round < 200; round++) {
    double length = 0;
    for (const double x : v) length += x * x;
    if (length == 0) return 0;
    length = std::sqrt(length);
    for (double& x : v) x /= length;
    parallel_for(width_, 32, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        double sum = 0;
        for (int64_t j = 0; j < width_; j++)
          sum += gram[static_cast<size_t>(i * width_ + j)] * v[static_cast<size_t>(j)];
        next[static_cast<size_t>(i)] = sum;
      }
    });
    value = 0;
    for (size_t i = 0; i < v.size(); i++) value += v[i] * next[i];
    v.swap(next);
  }
  if (!std::isfinite(value)) bad_input("{}: the values are so large that their squares overflow; scale them down", op_);
  return value * 1.05;
}

}  // namespace ceir
