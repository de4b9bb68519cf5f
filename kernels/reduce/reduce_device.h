// What the rungs of the reductions share.
#pragma once
#include "kernels/launch/launch.h"
#include "kernels/reduce/reduce.h"

namespace ceir {

__device__ inline bool is_variance(Reduction kind) { return kind == Reduction::variance || kind == Reduction::sample_variance; }

// The result from the sum of the elements, or of their squared distances from the mean when a variance is asked for.
// Of nothing a mean and a variance are not a number.
__device__ inline float reduced(Reduction kind, double sum, int64_t n) {
  switch (kind) {
    case Reduction::sum: break;
    case Reduction::mean: sum /= static_cast<double>(n); break;
    case Reduction::variance: sum /= static_cast<double>(n); break;
    case Reduction::sample_variance: sum = n > 0 ? sum / static_cast<double>(n - 1) : sum / static_cast<double>(n); break;
  }
  return static_cast<float>(sum);
}

}  // namespace ceir
