// v1: the labels by one kernel (kmeans_assign_v2), the sums by the next: a thread has a coordinate of a part of the points, and
//     adds the 32 of a block to their centres' sums one after the other. All points are fetched twice.
#include "kernels/kmeans/kmeans_step_device.h"

namespace ceir {

void kmeans_assign_v2_tile(const KMeansAssign<float>&);

namespace {

constexpr int threads = 128;

__global__ void kmeans_step_sums(const KMeansStep<float> s, double* sums, int64_t blocks_of_part, unsigned across) {
  const int64_t width = s.assign.d + 1, j = int64_t{blockIdx.x % across} * threads + threadIdx.x, part = blockIdx.x / across;
  if (j >= width) return;
  double* own = sums + part * s.assign.k * width;
  for (int64_t c = 0; c < s.assign.k; c++) own[c * width + j] = 0;
  const int64_t first = part * blocks_of_part;
  for (int64_t b = first; b < min(first + blocks_of_part, s.assign.blocks); b++)
    kmeans_add_block(s, b, j, s.assign.label + b * kmeans_block<float>, own);
}

}  // namespace

void kmeans_step_v1_separate(const KMeansStep<float>& s) {
  kmeans_assign_v2_tile(s.assign);
  kmeans_step_in_parts(s, [&](double* sums, int64_t parts, int64_t blocks) {
    const unsigned across = block_count(s.assign.d + 1, threads);
    launch(kmeans_step_sums, blocks_for(parts * across, 1), dim3(threads), 0, s, sums, blocks, across);
  });
}

}  // namespace ceir
