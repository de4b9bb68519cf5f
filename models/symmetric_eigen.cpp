#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "kernels/base/interrupt.h"
#include "kernels/base/threads.h"
#include "models/pca.h"

namespace ceir {
namespace {

constexpr int64_t rows_at_once = 32, columns_at_once = 64;

double dot(const double* a, const double* b, int64_t n) {
  double sum[4] = {};
  int64_t j = 0;
  for (; j + 4 <= n; j += 4)
    for (int64_t l = 0; l < 4; l++) sum[l] += a[j + l] * b[j + l];
  for (; j < n; j++) sum[0] += a[j] * b[j];
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

struct Tridiagonal {
  std::vector<double> diagonal, off;  // off[i] joins i and i + 1; off[n - 1] is 0
  std::vector<double> q;              // (n, n): a = q^T t q, a basis vector per row
};

// One Householder reflection per column makes everything below its subdiagonal zero (Golub & Van Loan, 8.3.1).
Tridiagonal tridiagonalise(std::vector<double> a, int64_t n) {
  const auto at = [n](int64_t i, int64_t j) { return static_cast<size_t>(i * n + j); };
  std::vector<double> reflections(static_cast<size_t>(n * n), 0.0), beta(static_cast<size_t>(n), 0.0),
      p(static_cast<size_t>(n));
  Tridiagonal t{std::vector<double>(static_cast<size_t>(n)), std::vector<double>(static_cast<size_t>(n), 0.0), {}};
  for (int64_t k = 0; k + 1 < n; k++) {
    throw_if_interrupted();
    const int64_t first = k + 1, m = n - first;
    double* v = reflections.data() + at(k, first);
    std::copy_n(a.data() + at(k, first), m, v);  // the matrix is symmetric: row k stands for column k
    const double norm = std::sqrt(dot(v, v, m));
    const double tail = dot(v + 1, v + 1, m - 1);
    if (tail == 0) {  // already tridiagonal here
      t.off[static_cast<size_t>(k)] = v[0];
      continue;
    }
    const double alpha = v[0] > 0 ? -norm : norm;
    t.off[static_cast<size_t>(k)] = alpha;
    v[0] -= alpha;
    const double b = 2 / (v[0] * v[0] + tail);
    beta[static_cast<size_t>(k)] = b;
    parallel_for(m, rows_at_once, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) p[static_cast<size_t>(i)] = b * dot(a.data() + at(first + i, first), v, m);
    });
    const double half = b / 2 * dot(p.data(), v, m);
    for (int64_t i = 0; i < m; i++) p[static_cast<size_t>(i)] -= half * v[i];
    parallel_for(m, rows_at_once, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        double* row = a.data() + at(first + i, first);
        const double vi = v[i], pi = p[static_cast<size_t>(i)];
        for (int64_t j = 0; j < m; j++) row[j] -= vi * p[static_cast<size_t>(j)] + pi * v[j];
      }
    });
  }
  for (int64_t i = 0; i < n; i++) t.diagonal[static_cast<size_t>(i)] = a[at(i, i)];

  // q = H_{n-2} ... H_1 H_0: reflect the rows of the identity, the last reflection first.
  t.q.assign(static_cast<size_t>(n * n), 0.0);
  for (int64_t i = 0; i < n; i++) t.q[at(i, i)] = 1;
  for (int64_t k = n - 2; k >= 0; k--) {
    if (beta[static_cast<size_t>(k)] == 0) continue;
    const int64_t first = k + 1, m = n - first;
    const double* v = reflections.data() + at(k, first);
    parallel_for(m, rows_at_once, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        double* row = t.q.data() + at(first + i, first);
        const double along = beta[static_cast<size_t>(k)] * dot(row, v, m);
        for (int64_t j = 0; j < m; j++) row[j] -= along * v[j];
      }
    });
  }
  return t;
}

struct Rotation {
  int64_t row;  // of rows `row` and `row + 1`
  double c, s;
};

void rotate_rows(std::vector<double>& q, int64_t n, const std::vector<Rotation>& rotations) {
  parallel_for(n, columns_at_once, [&](int64_t begin, int64_t end) {
    for (const Rotation& r : rotations) {
      double* low = q.data() + r.row * n;
      double* high = low + n;
      for (int64_t j = begin; j < end; j++) {
        const double h = high[j];
        high[j] = r.s * low[j] + r.c * h;
        low[j] = r.c * low[j] - r.s * h;
      }
    }
  });
}

// Implicit QL with Wilkinson's shift (Golub & Van Loan, 8.3.5): the off-diagonal goes to 0, the diagonal to the
// eigenvalues.
void implicit_ql(Tridiagonal& t, int64_t n) {
  std::vector<double>&d = t.diagonal, &e = t.off;
  std::vector<Rotation> rotations;
  // Of a matrix of low rank many eigenvalues are rounding noise: neighbours of 1e-17 each would ask for an off-diagonal
  // of 1e-33, which no rotation reaches. Nothing below the precision of the largest entry is worth a round.
  double largest = 0;
  for (int64_t i = 0; i < n; i++) largest = std::max({largest, std::abs(d[static_cast<size_t>(i)]), std::abs(e[static_cast<size_t>(i)])});
  const double negligible = 0.01 * std::numeric_limits<double>::epsilon() * largest + 1e-300;
  for (int64_t l = 0; l < n; l++) {
    throw_if_interrupted();
    for (int rounds = 0;; rounds++) {
      int64_t m = l;
      while (m + 1 < n && std::abs(e[static_cast<size_t>(m)]) >
                              std::numeric_limits<double>::epsilon() *
                                      (std::abs(d[static_cast<size_t>(m)]) + std::abs(d[static_cast<size_t>(m + 1)])) +
                                  negligible)
        m++;
      if (m == l) break;
      if (rounds == 100) fail(ErrorKind::internal, "eigenvalues: no convergence for number {} of {}", l, n);
      double g = (d[static_cast<size_t>(l + 1)] - d[static_cast<size_t>(l)]) / (2 * e[static_cast<size_t>(l)]);
      double r = std::sqrt(g * g + 1);
      if (!std::isfinite(r)) r = std::abs(g);
      g = d[static_cast<size_t>(m)] - d[static_cast<size_t>(l)] + e[static_cast<size_t>(l)] / (g + (g >= 0 ? r : -r));
      double s = 1, c = 1, p = 0;
      bool split = false;
      rotations.clear();
      for (int64_t i = m - 1; i >= l; i--) {
        const double f = s * e[static_cast<size_t>(i)], b = c * e[static_cast<size_t>(i)];
        r = std::sqrt(f * f + g * g);
        e[static_cast<size_t>(i + 1)] = r;
        if (r == 0) {
          d[static_cast<size_t>(i + 1)] -= p;
          e[static_cast<size_t>(m)] = 0;
          split = true;
          break;
        }
        s = f / r, c = g / r;
        g = d[static_cast<size_t>(i + 1)] - p;
        r = (d[static_cast<size_t>(i)] - g) * s + 2 * c * b;
        p = s * r;
        d[static_cast<size_t>(i + 1)] = g + p;
        g = c * r - b;
        rotations.push_back({i, c, s});
      }
      rotate_rows(t.q, n, rotations);
      if (split) continue;
      d[static_cast<size_t>(l)] -= p;
      e[static_cast<size_t>(l)] = g;
      e[static_cast<size_t>(m)] = 0;
    }
  }
}

}  // namespace

SymmetricEigen symmetric_eigen(const Tensor& a) {
  require_rank("eigenvalues", a, 2);
  const int64_t n = a.dim(0);
  require_shape("eigenvalues: a square matrix", a, {n, n});
  std::vector<double> values = a.values();
  double largest = 0;
  for (const double v : values) {
    if (!std::isfinite(v)) bad_input("eigenvalues: the matrix has a value that is not finite");
    largest = std::max(largest, std::abs(v));
  }
  const double scale = largest > 0 ? largest : 1;  // squares can neither overflow nor vanish
  for (double& v : values) v /= scale;
  Tridiagonal t = tridiagonalise(std::move(values), n);
  implicit_ql(t, n);
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t x, int64_t y) {
    return t.diagonal[static_cast<size_t>(x)] < t.diagonal[static_cast<size_t>(y)];
  });
  SymmetricEigen result{Tensor::empty({n}, DType::f64), Tensor::empty({n, n}, DType::f64)};
  for (int64_t i = 0; i < n; i++) {
    const int64_t from = order[static_cast<size_t>(i)];
    result.values.data<double>()[i] = t.diagonal[static_cast<size_t>(from)] * scale;
    std::copy_n(t.q.data() + from * n, n, result.vectors.data<double>() + i * n);
  }
  return result;
}

}  // namespace ceir
