// v1: one thread a point, candidate after candidate, so that each point is read once for each of them. A warp has just the 32
//     points whose potential is asked for, and adds them up by shuffles.
#include "kernels/kmeans/kmeans.h"
#include "kernels/launch/warp.h"

namespace ceir {
namespace {

constexpr int warps = 4;

__global__ void kmeans_candidates_naive(const KMeansCandidates<float> a) {
  const int64_t block = int64_t{blockIdx.x} * warps + threadIdx.x / 32, p = block * kmeans_block<float> + threadIdx.x % 32;
  if (block >= a.blocks) return;  // the whole warp leaves
  const float* x = a.points + block * a.d * kmeans_block<float> + threadIdx.x % 32;
  for (int64_t q = 0; q < a.m; q++) {
    float dot = 0;
    for (int64_t j = 0; j < a.d; j++) dot = fmaf(x[j * kmeans_block<float>], a.candidates[j * a.m + q], dot);
    float distance = a.point_norms[p] + (a.candidate_norms[q] - 2 * dot);
    if (a.closest[p] < distance) distance = a.closest[p];
    if (distance < 0) distance = 0;
    a.nearest[q * a.blocks * kmeans_block<float> + p] = distance;
    const double potential = warp_sum(static_cast<double>(distance));
    if (threadIdx.x % 32 == 0) a.potential[q * a.blocks + block] = potential;
  }
}

}  // namespace

void kmeans_candidates_v1_naive(const KMeansCandidates<float>& a) {
  launch(kmeans_candidates_naive, blocks_for(a.blocks, warps), dim3(32 * warps), 0, a);
}

}  // namespace ceir
