// Lloyd's iterations from given centres.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "models/kmeans_rows.h"

namespace ceir {

struct LloydRun {
  std::vector<int32_t> labels;  // (N)
  std::vector<double> centers;  // (K, d), centred
  double inertia = 0;
  int64_t iterations = 0;
};

// Label, average, until the labels repeat or the centres move by no more than `tolerance` (an absolute sum of squares);
// in the second case, and after max_iterations, labels are given once more. centers (K, d), centred. with_bounds: skip
// rows that cannot have changed (kmeans_nearest.h) or not, the same bits either way; by default where it pays.
template <class T>
LloydRun lloyd(const CentredRows<T>& data, std::vector<double> centers, int64_t max_iterations, double tolerance,
               std::optional<bool> with_bounds = {});

}  // namespace ceir
