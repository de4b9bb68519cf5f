// v2: all candidates at once, up to 12 sums in registers: the points, which are nearly all that must be read, come once. The
//     candidates' coordinates are the same for all lanes, a broadcast from the cache.
#include "kernels/kmeans/kmeans.h"
#include "kernels/launch/warp.h"

namespace ceir {
namespace {

constexpr int warps = 4, most = static_cast<int>(kmeans_tile);

__global__ void __launch_bounds__(32 * warps) kmeans_candidates_registers(const KMeansCandidates<float> a) {
  const int64_t block = int64_t{blockIdx.x} * warps + threadIdx.x / 32, p = block * kmeans_block<float> + threadIdx.x % 32;
  if (block >= a.blocks) return;
  const float* x = a.points + block * a.d * kmeans_block<float> + threadIdx.x % 32;
  const int m = static_cast<int>(a.m);
  float dot[most] = {};
  for (int64_t j = 0; j < a.d; j++) {
    const float v = x[j * kmeans_block<float>];
#pragma unroll
    for (int q = 0; q < most; q++)
      if (q < m) dot[q] = fmaf(v, a.candidates[j * m + q], dot[q]);
  }
  const float norm = a.point_norms[p], closest = a.closest[p];
#pragma unroll
  for (int q = 0; q < most; q++) {
    if (q >= m) continue;
    float distance = norm + (a.candidate_norms[q] - 2 * dot[q]);
    if (closest < distance) distance = closest;
    if (distance < 0) distance = 0;
    a.nearest[q * a.blocks * kmeans_block<float> + p] = distance;
    const double potential = warp_sum(static_cast<double>(distance));
    if (threadIdx.x % 32 == 0) a.potential[q * a.blocks + block] = potential;
  }
}

}  // namespace

void kmeans_candidates_v2_registers(const KMeansCandidates<float>& a) {
  launch(kmeans_candidates_registers, blocks_for(a.blocks, warps), dim3(32 * warps), 0, a);
}

}  // namespace ceir
