// How many clusters? (`--clusters auto`, first form): the silhouette decides, stability and inertia stand beside it.
#pragma once
#include <cstdint>
#include <vector>

#include "kernels/base/monitor.h"
#include "tensor/tensor.h"

namespace ceir {

// One tried k. silhouette: mean over rows (Rousseeuw 1987), 0 where all rows have one label; inertia: on all rows;
// stability: mean adjusted Rand index over pairs of runs on subsamples, 1 = every run finds the same clusters.
struct TriedClusters {
  int64_t k;
  double silhouette, inertia, stability;
};

struct ChooseKOptions {
  int64_t least = 2, most = 20;    // cut to what the rows allow
  int64_t runs = 5;                // k-means runs per k, each on its own subsample of four fifths of the rows
  int64_t silhouette_rows = 2000;  // silhouettes look at this many rows at most (they cost rows^2)
  uint64_t seed = 42;
};

struct ChosenClusters {
  int64_t clusters;                  // the k with the largest silhouette, the smallest of equals
  std::vector<TriedClusters> tried;  // in order of k
};

// x (N, d) f32 or f64. With fewer than 3 rows, or all rows equal, the answer is 1 and the table is empty.
// Throws what kmeans throws.
ChosenClusters choose_clusters(const Tensor& x, const ChooseKOptions& options = {}, Monitor* monitor = nullptr);

// The figures of one k from given starts: run r works on the rows subsample[r] of x from the centres x[starts[r]],
// then labels ALL rows. subsample (R, m) i64, starts (R, K) i64, both row numbers of x. silhouette and inertia are
// those of the run with the smallest inertia on all rows, the silhouette over silhouette_rows (i64, or undefined: all).
struct ClusterTrial {
  TriedClusters figures;
  Tensor labels;  // (R, N) i64
};
ClusterTrial try_clusters(const Tensor& x, const Tensor& subsample, const Tensor& starts,
                          const Tensor& silhouette_rows = {});

}  // namespace ceir
