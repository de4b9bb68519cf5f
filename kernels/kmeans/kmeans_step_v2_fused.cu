// v2: one kernel: a block labels 128 points, leaves the labels in shared memory, and adds these points to their centres' sums at
//     once, while they are still in its cache: points come from memory once. A block has a part of the points to itself, and
//     its threads a coordinate each, so nobody adds where another does: no atomics, and the same bits every time. The sums are
//     in memory, though, and each addition waits for the one before it.
#include "kernels/kmeans/kmeans_step_device.h"
#include "kernels/kmeans/kmeans_tile_device.h"

namespace ceir {
namespace {

constexpr int threads = kmeans_device_threads;
constexpr int64_t width_of_block = kmeans_block<float>, at_once = threads / width_of_block;

__global__ void __launch_bounds__(threads, 4) kmeans_step_fused(const KMeansStep<float> s, double* sums, int64_t blocks_of_part) {
  __shared__ int32_t labels[threads];
  const KMeansAssign<float>& a = s.assign;
  const int64_t width = a.d + 1, first = int64_t{blockIdx.x} * blocks_of_part, end = min(first + blocks_of_part, a.blocks);
  double* own = sums + blockIdx.x * a.k * width;
  for (int64_t j = threadIdx.x; j < width; j += threads)
    for (int64_t c = 0; c < a.k; c++) own[c * width + j] = 0;
  for (int64_t b = first; b < end; b += at_once) {
    const int64_t p = b * width_of_block + threadIdx.x;
    const bool inside = p < end * width_of_block;
    const NearestSoFar nearest = nearest_in_tiles(a, p, inside);
    if (inside) write_nearest(a, nearest, p);
    labels[threadIdx.x] = nearest.label;
    __syncthreads();  // the labels are there, and those of the round before are not needed any more
    for (int64_t j = threadIdx.x; j < width; j += threads)
      for (int64_t q = 0; q < at_once; q++) kmeans_add_block(s, b + q, j, labels + q * width_of_block, own);
  }
}

}  // namespace

void kmeans_step_v2_fused(const KMeansStep<float>& s) {
  kmeans_step_in_parts(s, [&](double* sums, int64_t parts, int64_t blocks) {
    launch(kmeans_step_fused, blocks_for(parts, 1), dim3(threads), 0, s, sums, blocks);
  });
}

}  // namespace ceir
