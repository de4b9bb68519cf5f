// What the rungs of a k-means step share: the sums of packed points, a thread a coordinate, and adding up the parts.
#pragma once
#include "kernels/kmeans/kmeans_device.h"
#include "kernels/launch/vector.h"

namespace ceir {

// Adds coordinate j of the block's points to the sums of their centres; j == d is a coordinate that is 1 in every point, so that
// its sums are the counts. sums: (k, d + 1). labels: of the block. A thread's 32 values are neighbours: four a load.
__device__ inline void kmeans_add_block(const KMeansStep<float>& s, int64_t block, int64_t j, const int32_t* labels, double* sums) {
  const int64_t d = s.assign.d, width = d + 1;
  const int left = static_cast<int>(min(kmeans_block<float>, s.n - block * kmeans_block<float>));
  if (j == d) {
    for (int i = 0; i < left; i++) sums[labels[i] * width + d] += 1;
    return;
  }
  const float* x = s.assign.points + (block * d + j) * kmeans_block<float>;
  for (int i = 0; i < left; i += 4) {  // lanes beyond n are there, and are left out
    const float4 v = load4(x + i);
    sums[labels[i] * width + j] += static_cast<double>(v.x);
    if (i + 1 < left) sums[labels[i + 1] * width + j] += static_cast<double>(v.y);
    if (i + 2 < left) sums[labels[i + 2] * width + j] += static_cast<double>(v.z);
    if (i + 3 < left) sums[labels[i + 3] * width + j] += static_cast<double>(v.w);
  }
}

// The parts' sums (parts, k, d + 1), added in order: one thread a sum, 128 threads a block.
__global__ static void kmeans_add_step_parts(const KMeansStep<float> s, const double* sums, int64_t parts) {
  const int64_t width = s.assign.d + 1, at = int64_t{blockIdx.x} * 128 + threadIdx.x, j = at % width;
  if (at >= s.assign.k * width) return;
  double sum = 0;
  for (int64_t p = 0; p < parts; p++) sum += sums[p * s.assign.k * width + at];
  if (j == s.assign.d) s.counts[at / width] = static_cast<int64_t>(sum);
  else s.sums[at / width * s.assign.d + j] = sum;
}

// Room for the parts' sums, which `fill` (launches) makes; then they are added up.
template <class Fill>
void kmeans_step_in_parts(const KMeansStep<float>& s, const Fill& fill) {
  const int64_t blocks = kmeans_step_blocks<float>(s.n), parts = (s.assign.blocks + blocks - 1) / blocks, size = s.assign.k * (s.assign.d + 1);
  auto* sums = static_cast<double*>(device_workspace(static_cast<size_t>(parts * size) * sizeof(double)));
  fill(sums, parts, blocks);
  launch(kmeans_add_step_parts, blocks_for(size, 128), dim3(128), 0, s, sums, parts);
}

}  // namespace ceir
