// Scores of a clustering against known classes.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "tensor/tensor.h"

namespace ceir {

// All fractions. With n_ij rows in cluster i and class j:
// acc     largest sum of n_ij over a one-to-one matching of clusters and classes, over n; unmatched clusters are errors
// nmi     I(predicted; truth) / mean of the two entropies (arithmetic); both single clusters: 1, one of them: 0
// ari     adjusted Rand index (Hubert & Arabie 1985, eq. 5)
// purity  sum over clusters of the largest class, over n
struct Scores {
  double acc, nmi, ari, purity;
  int64_t n;
  std::vector<std::pair<int64_t, int64_t>> matching;  // (cluster, class) labels, by cluster; only the matched ones
};

// predicted, truth (N) i64: any numbers, gaps and negative ones too. Throws Error(bad_input): no rows, different
// lengths, or so many different labels that the table of counts does not fit.
Scores score_clusters(const Tensor& predicted, const Tensor& truth);

double adjusted_rand_index(const Tensor& a, const Tensor& b);

// The counts both stand on. Labels are numbered in ascending order.
struct Contingency {
  std::vector<int64_t> rows, columns;  // the distinct labels of a and b, ascending
  std::vector<int64_t> counts;         // (rows, columns), C order
  int64_t n;
};
Contingency contingency(const Tensor& a, const Tensor& b);

}  // namespace ceir
