// What the rungs of the k-means update share. A row has one column more than coordinates: the last is 1 in every row, so that its
// sums are the counts.
#pragma once
#include "kernels/kmeans/kmeans.h"
#include "kernels/launch/launch.h"

namespace ceir {

__device__ inline double kmeans_value(const KMeansUpdate<float>& a, int64_t i, int64_t j) {
  if (j == a.d) return 1;
  return static_cast<double>(a.x[i * a.d + j]) - (a.shift ? a.shift[j] : 0);
}

__device__ inline void kmeans_write_sum(const KMeansUpdate<float>& a, int64_t c, int64_t j, double sum) {
  if (j == a.d) a.counts[c] = static_cast<int64_t>(sum);
  else a.sums[c * a.d + j] = sum;
}

// The parts' sums (parts, k, d + 1), added in order: one thread a sum, 128 threads a block.
__global__ static void kmeans_add_parts(const KMeansUpdate<float> a, const double* sums, int64_t parts) {
  const int64_t width = a.d + 1, at = int64_t{blockIdx.x} * 128 + threadIdx.x;
  if (at >= a.k * width) return;
  double sum = 0;
  for (int64_t p = 0; p < parts; p++) sum += sums[p * a.k * width + at];
  kmeans_write_sum(a, at / width, at % width, sum);
}

// Room for the parts' sums, which `fill` (a launch) makes; then they are added up.
template <class Fill>
void kmeans_in_parts(const KMeansUpdate<float>& a, const Fill& fill) {
  const int64_t parts = (a.n + kmeans_update_rows(a.n) - 1) / kmeans_update_rows(a.n), size = a.k * (a.d + 1);
  auto* sums = static_cast<double*>(device_workspace(static_cast<size_t>(parts * size) * sizeof(double)));
  if (parts > 0) fill(sums, parts);
  launch(kmeans_add_parts, blocks_for(size, 128), dim3(128), 0, a, sums, parts);
}

}  // namespace ceir
