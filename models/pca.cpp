#include "models/pca.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/base/interrupt.h"
#include "kernels/gemm/gemm.h"
#include "models/kmeans_rows.h"
#include "models/row_blocks.h"

namespace ceir {
namespace {

std::vector<double> means(const Tensor& x) {
  const int64_t n = x.dim(0), d = x.dim(1);
  std::vector<double> mean(static_cast<size_t>(d), 0.0), off(static_cast<size_t>(d)),
      block(static_cast<size_t>(std::min(n, rows_per_block) * d));
  for (int round = 0; round < 2; round++) {  // once more around the first result, for data far from 0
    std::fill(off.begin(), off.end(), 0.0);
    for (int64_t begin = 0; begin < n; begin += rows_per_block) {
      const int64_t end = std::min(n, begin + rows_per_block);
      rows_in_f64(x, begin, end, mean.data(), block.data(), d);
      for (int64_t i = 0; i < end - begin; i++)
        for (int64_t j = 0; j < d; j++) off[static_cast<size_t>(j)] += block[static_cast<size_t>(i * d + j)];
    }
    for (int64_t j = 0; j < d; j++)
      mean[static_cast<size_t>(j)] += off[static_cast<size_t>(j)] / static_cast<double>(n);
  }
  return mean;
}

// Sum over rows of the outer products: (d, d).
Tensor scatter_of_columns(const Tensor& x, const std::vector<double>& mean) {
  const int64_t n = x.dim(0), d = x.dim(1);
  Tensor s = Tensor::zeros({d, d}, DType::f64);
  std::vector<double> block(static_cast<size_t>(std::min(n, rows_per_block) * d));
  for (int64_t begin = 0; begin < n; begin += rows_per_block) {
    throw_if_interrupted();
    const int64_t end = std::min(n, begin + rows_per_block);
    rows_in_f64(x, begin, end, mean.data(), block.data(), d);
    gemm_f64_variants(
        Gemm<double>{block.data(), 1, d, block.data(), d, 1, s.data<double>(), d, d, d, end - begin, true});
  }
  return s;
}

// Makes row i of q (rows above it orthonormal) orthogonal to them and of length 1; false when nothing is left of it.
bool orthonormalise(double* q, int64_t i, int64_t d) {
  double* row = q + i * d;
  const auto length = [&] {
    double sum = 0;
    for (int64_t j = 0; j < d; j++) sum += row[j] * row[j];
    return std::sqrt(sum);
  };
  const double before = length();
  for (int round = 0; round < 2; round++)  // twice is enough (Kahan, in Parlett 1998, section 6.9)
    for (int64_t above = 0; above < i; above++) {
      double along = 0;
      for (int64_t j = 0; j < d; j++) along += q[above * d + j] * row[j];
      for (int64_t j = 0; j < d; j++) row[j] -= along * q[above * d + j];
    }
  const double after = length();
  if (!(after > 1e-6 * before) || after == 0) return false;
  for (int64_t j = 0; j < d; j++) row[j] /= after;
  return true;
}

// The first p principal directions as rows (p, d), and the p largest eigenvalues of the scatter.
void directions_of(const Tensor& x, const std::vector<double>& mean, int64_t p, Tensor& directions,
                   std::vector<double>& eigen) {
  const int64_t n = x.dim(0), d = x.dim(1);
  directions = Tensor::zeros({p, d}, DType::f64);
  double* q = directions.data<double>();
  if (d <= n) {
    const SymmetricEigen e = symmetric_eigen(scatter_of_columns(x, mean));
    for (int64_t i = 0; i < p; i++) {
      eigen.push_back(std::max(0.0, e.values.data<double>()[d - 1 - i]));
      std::copy_n(e.vectors.data<double>() + (d - 1 - i) * d, d, q + i * d);
    }
    return;
  }
  std::vector<double> centred(static_cast<size_t>(n * d));
  rows_in_f64(x, 0, n, mean.data(), centred.data(), d);
  Tensor gram = Tensor::empty({n, n}, DType::f64);
  gemm_f64_variants(Gemm<double>{centred.data(), d, 1, centred.data(), 1, d, gram.data<double>(), n, n, n, d});
  const SymmetricEigen e = symmetric_eigen(gram);
  const double* first = e.vectors.data<double>() + (n - p) * n;  // ascending: the last p rows
  std::vector<double> ascending(static_cast<size_t>(p * d));
  gemm_f64_variants(Gemm<double>{first, n, 1, centred.data(), d, 1, ascending.data(), d, p, d, n});
  int64_t unit = 0;
  for (int64_t i = 0; i < p; i++) {
    eigen.push_back(std::max(0.0, e.values.data<double>()[n - 1 - i]));
    std::copy_n(ascending.data() + (p - 1 - i) * d, d, q + i * d);
    // A direction without variance is any that is left: unit vectors are tried one after the other.
    bool good = eigen.back() > 1e-14 * eigen.front() && orthonormalise(q, i, d);
    while (!good && unit < d) {
      std::fill_n(q + i * d, d, 0.0);
      q[i * d + unit++] = 1;
      good = orthonormalise(q, i, d);
    }
  }
}

// Total of the scatter's diagonal: n - 1 times the total variance.
double total_scatter(const Tensor& x, const std::vector<double>& mean) {
  const int64_t n = x.dim(0), d = x.dim(1);
  std::vector<double> block(static_cast<size_t>(std::min(n, rows_per_block) * d));
  double total = 0;
  for (int64_t begin = 0; begin < n; begin += rows_per_block) {
    const int64_t end = std::min(n, begin + rows_per_block);
    rows_in_f64(x, begin, end, mean.data(), block.data(), d);
    double part = 0;
    for (int64_t i = 0; i < (end - begin) * d; i++)
      part += block[static_cast<size_t>(i)] * block[static_cast<size_t>(i)];
    total += part;
  }
  return total;
}

}  // namespace

Pca fit_pca(const Tensor& given, int64_t p) {
  require_rank("PCA", given, 2);
  const Tensor x = given.contiguous();
  const int64_t n = x.dim(0), d = x.dim(1);
  if (n < 2) bad_input("PCA: {} rows have no principal components, at least 2 are needed", n);
  if (p < 1 || p > std::min(n, d))
    usage_error("PCA: {} components were asked for, {} rows of {} columns have 1 to {}", p, n, d, std::min(n, d));
  require_finite_rows("PCA", x);
  const std::vector<double> mean = means(x);
  Tensor directions;
  std::vector<double> eigen;
  directions_of(x, mean, p, directions, eigen);
  const double total = total_scatter(x, mean);
  if (!std::isfinite(total)) bad_input("PCA: the values are so large that their squares overflow; scale them down");
  double* q = directions.data<double>();
  std::vector<double> ratio;
  for (int64_t i = 0; i < p; i++) {
    double* row = q + i * d;
    const double* peak = std::max_element(row, row + d, [](double a, double b) { return std::abs(a) < std::abs(b); });
    if (*peak < 0)
      for (int64_t j = 0; j < d; j++) row[j] = -row[j];
    ratio.push_back(total > 0 ? eigen[static_cast<size_t>(i)] / total : 0);
    eigen[static_cast<size_t>(i)] /= static_cast<double>(n - 1);
  }
  return {Tensor::from(mean, {d}).to(x.dtype()), directions.to(x.dtype()), Tensor::from(eigen, {p}).to(x.dtype()),
          Tensor::from(ratio, {p}).to(x.dtype())};
}

Tensor pca_scores(const Pca& pca, const Tensor& given) {
  require_rank("PCA: rows", given, 2);
  const Tensor x = given.contiguous(), components = pca.components.to(DType::f64);
  const int64_t n = x.dim(0), d = components.dim(1), p = components.dim(0);
  if (x.dim(1) != d) bad_input("PCA: the rows have {} columns, the components {}", x.dim(1), d);
  const std::vector<double> mean = pca.mean.values();
  Tensor scores = Tensor::empty({n, p}, x.dtype());
  std::vector<double> block(static_cast<size_t>(std::min(n, rows_per_block) * d));
  Tensor part = Tensor::empty({std::min(n, rows_per_block), p}, DType::f64);
  for (int64_t begin = 0; begin < n; begin += rows_per_block) {
    const int64_t end = std::min(n, begin + rows_per_block);
    rows_in_f64(x, begin, end, mean.data(), block.data(), d);
    gemm_f64_variants(
        Gemm<double>{block.data(), d, 1, components.data<double>(), 1, d, part.data<double>(), p, end - begin, p, d});
    scores.rows(begin, end).copy_from(part.rows(0, end - begin));
  }
  return scores;
}

}  // namespace ceir
