// k-means: Lloyd's iterations from k-means++ starts (Lloyd 1982; Arthur & Vassilvitskii 2007), as scikit-learn does it.
#pragma once
#include <cstdint>

#include "kernels/base/monitor.h"
#include "tensor/tensor.h"

namespace ceir {

struct KMeansOptions {
  int64_t clusters = 8;   // K
  int64_t restarts = 10;  // independent k-means++ starts; the smallest inertia wins, the first of equals
  int64_t max_iterations = 300;
  double tolerance = 1e-4;  // stop when sum |centre moves|^2 <= tolerance x mean column variance of x
  uint64_t seed = 42;       // stream "kmeans" of kernels/base/random.h, one index per restart
  Tensor initial_centers;   // (K, d): one run from these, K and restarts are then ignored; undefined: k-means++
};

struct KMeansResult {
  Tensor labels;       // (N) i64; clusters are numbered by their first rows (by initial_centers where these were given)
  Tensor centers;      // (K, d), dtype of x
  double inertia;      // sum of squared distances to the own centre
  int64_t iterations;  // of the winning run
  int64_t filled;      // clusters that have a row: below K only when x has fewer distinct rows than K
};

// x (N, d) f32 or f64; the same bits for any number of threads. The data are centred first, so that distances do not
// cancel far from the origin. An empty cluster takes the row farthest from its centre (several: the next farthest).
// Throws Error(bad_input): a value that is not finite (names the row), no rows, more clusters than rows;
// Error(usage): clusters, restarts or max_iterations below 1, a tolerance that is negative or not finite.
KMeansResult kmeans(const Tensor& x, const KMeansOptions& options, Monitor* monitor = nullptr);

struct Assignment {
  Tensor labels;     // (N) i64: nearest centre, the lowest number of equals
  Tensor distances;  // (N) Euclidean distance to it, dtype of x
  Tensor margins;    // (N) distance to the next centre minus that; infinite with one centre
};

// Nearest centres of new rows, each row for itself: the same bits in any batch. x (N, d), centers (K, d), same dtype.
// Throws Error(bad_input): different widths, a value that is not finite (names the row), no centres.
Assignment assign_to_centers(const Tensor& x, const Tensor& centers);

}  // namespace ceir
