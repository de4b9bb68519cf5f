// v4, by name alone: each thread adds its own point to its centre's sums, by atomics. No parts, no second kernel, and as many
//     threads as points. But atomics add in whatever order threads arrive, so that two runs differ in their last bits; and
//     where there are few centres, 32 lanes wait for one another at the same sum. It is here to be compared with v2 and v3.
#include "kernels/kmeans/kmeans_tile_device.h"

namespace ceir {
namespace {

constexpr int threads = kmeans_device_threads;

__global__ void kmeans_step_clear(const KMeansStep<float> s) {
  const int64_t at = int64_t{blockIdx.x} * threads + threadIdx.x;
  if (at < s.assign.k * s.assign.d) s.sums[at] = 0;
  if (at < s.assign.k) s.counts[at] = 0;
}

__global__ void __launch_bounds__(threads) kmeans_step_atomics(const KMeansStep<float> s) {
  const KMeansAssign<float>& a = s.assign;
  const int64_t p = int64_t{blockIdx.x} * threads + threadIdx.x;
  const bool inside = p / kmeans_block<float> < a.blocks;
  const NearestSoFar nearest = nearest_in_tiles(a, p, inside);
  if (inside) write_nearest(a, nearest, p);
  if (p >= s.n) return;
  const float* x = a.points + p / kmeans_block<float> * a.d * kmeans_block<float> + p % kmeans_block<float>;
  for (int64_t j = 0; j < a.d; j++) atomicAdd(s.sums + nearest.label * a.d + j, static_cast<double>(x[j * kmeans_block<float>]));
  atomicAdd(reinterpret_cast<unsigned long long*>(s.counts) + nearest.label, 1ull);
}

}  // namespace

void kmeans_step_v4_atomics(const KMeansStep<float>& s) {
  launch(kmeans_step_clear, blocks_for(s.assign.k * (s.assign.d > 0 ? s.assign.d : 1), threads), dim3(threads), 0, s);
  launch(kmeans_step_atomics, blocks_for(s.assign.blocks * kmeans_block<float>, threads), dim3(threads), 0, s);
}

}  // namespace ceir
