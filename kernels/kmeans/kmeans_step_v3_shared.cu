// v3: the sums of a block's part wait in shared memory, (k, d + 1) of them, and go to memory once, at the end: what is left to be
//     moved is the points, once, and the sums, once a part. 20 centres in 143 dimensions are 23 KiB.
#include "kernels/kmeans/kmeans_step_device.h"
#include "kernels/kmeans/kmeans_tile_device.h"

namespace ceir {
namespace {

constexpr int threads = kmeans_device_threads;
constexpr int64_t width_of_block = kmeans_block<float>, at_once = threads / width_of_block;

__global__ void __launch_bounds__(threads, 4) kmeans_step_shared(const KMeansStep<float> s, double* sums, int64_t blocks_of_part) {
  __shared__ int32_t labels[threads];
  DYNAMIC_SHARED(double, own);  // (k, d + 1)
  const KMeansAssign<float>& a = s.assign;
  const int64_t width = a.d + 1, first = int64_t{blockIdx.x} * blocks_of_part, end = min(first + blocks_of_part, a.blocks);
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
  for (int64_t j = threadIdx.x; j < width; j += threads)  // a thread's own columns again: no barrier
    for (int64_t c = 0; c < a.k; c++) sums[(blockIdx.x * a.k + c) * width + j] = own[c * width + j];
}

}  // namespace

void kmeans_step_v3_shared(const KMeansStep<float>& s) {
  kmeans_step_in_parts(s, [&](double* sums, int64_t parts, int64_t blocks) {
    launch(kmeans_step_shared, blocks_for(parts, 1), dim3(threads), static_cast<size_t>(s.assign.k * (s.assign.d + 1)) * sizeof(double), s, sums, blocks);
  });
}

}  // namespace ceir
