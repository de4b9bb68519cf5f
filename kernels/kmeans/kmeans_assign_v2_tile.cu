// v2: a tile of up to 12 centres at once: their sums stay in registers, so a point is read once a tile instead of once a centre.
//     The centres' coordinates wait in shared memory, 32 at a time, where all lanes of a warp read the same word (a broadcast).
#include "kernels/kmeans/kmeans_device.h"

namespace ceir {
namespace {

constexpr int threads = 128, tile = static_cast<int>(kmeans_tile), depth = 32;

__global__ void __launch_bounds__(threads) kmeans_assign_tile(const KMeansAssign<float> a) {
  __shared__ float centers[depth][tile];
  const int64_t p = int64_t{blockIdx.x} * threads + threadIdx.x, block = p / kmeans_block<float>;
  const bool inside = block < a.blocks;  // the others only help to load
  const float* x = a.points + block * a.d * kmeans_block<float> + p % kmeans_block<float>;
  NearestSoFar nearest;
  for (int64_t first = 0; first < a.k; first += a.tile) {
    const int width = static_cast<int>(min(a.tile, a.k - first));
    float dot[tile] = {};
    for (int64_t begin = 0; begin < a.d; begin += depth) {
      const int steps = static_cast<int>(min(int64_t{depth}, a.d - begin));
      for (int e = threadIdx.x; e < steps * tile; e += threads) {
        const int j = e / tile, i = e % tile;
        centers[j][i] = i < width ? a.centers[first * a.d + (begin + j) * width + i] : 0;
      }
      __syncthreads();  // the coordinates are there
      if (inside)
        for (int j = 0; j < steps; j++) {
          const float v = x[(begin + j) * kmeans_block<float>];
#pragma unroll
          for (int i = 0; i < tile; i++) dot[i] = fmaf(v, centers[j][i], dot[i]);
        }
      __syncthreads();  // everybody is done with them
    }
    if (!inside) continue;
#pragma unroll
    for (int i = 0; i < tile; i++)
      if (i < width) take_in(a, nearest, p, first + i, a.center_norms[first + i] - 2 * dot[i]);
  }
  if (inside) write_nearest(a, nearest, p);
}

}  // namespace

void kmeans_assign_v2_tile(const KMeansAssign<float>& a) {
  launch(kmeans_assign_tile, blocks_for(a.blocks * kmeans_block<float>, threads), dim3(threads), 0, a);
}

}  // namespace ceir
