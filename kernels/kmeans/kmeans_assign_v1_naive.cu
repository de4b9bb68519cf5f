// v1: one thread a point, centre after centre, no matrix of distances. Points lie packed so that a warp reads one coordinate of 32
//     points in one piece; but each point is read once for every centre.
#include "kernels/kmeans/kmeans_device.h"

namespace ceir {
namespace {

constexpr int threads = 128;

__global__ void kmeans_assign_naive(const KMeansAssign<float> a) {
  const int64_t p = int64_t{blockIdx.x} * threads + threadIdx.x, block = p / kmeans_block<float>;
  if (block >= a.blocks) return;
  const float* x = a.points + block * a.d * kmeans_block<float> + p % kmeans_block<float>;
  NearestSoFar nearest;
  for (int64_t i = 0; i < a.k; i++) {
    const int64_t first = i / a.tile * a.tile, width = min(a.tile, a.k - first);
    const float* c = a.centers + first * a.d + (i - first);
    float dot = 0;
    for (int64_t j = 0; j < a.d; j++) dot = fmaf(x[j * kmeans_block<float>], c[j * width], dot);
    take_in(a, nearest, p, i, a.center_norms[i] - 2 * dot);
  }
  write_nearest(a, nearest, p);
}

}  // namespace

void kmeans_assign_v1_naive(const KMeansAssign<float>& a) {
  launch(kmeans_assign_naive, blocks_for(a.blocks * kmeans_block<float>, threads), dim3(threads), 0, a);
}

}  // namespace ceir
