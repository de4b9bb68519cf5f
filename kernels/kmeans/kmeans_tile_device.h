// The nearest centres of a block's points, 12 centres at a time: sums in registers, coordinates of the centres in shared memory
// (kmeans_assign_v2_tile.cu has the reasons). For 128 threads, a point each.
#pragma once
#include "kernels/kmeans/kmeans_device.h"

namespace ceir {

constexpr int kmeans_device_threads = 128;

// Point p of the padded ones. All threads of the block take part; those that are not inside only help to load.
__device__ inline NearestSoFar nearest_in_tiles(const KMeansAssign<float>& a, int64_t p, bool inside) {
  constexpr int tile = static_cast<int>(kmeans_tile), depth = 32;
  __shared__ float centers[depth][tile];
  const float* x = a.points + p / kmeans_block<float> * a.d * kmeans_block<float> + p % kmeans_block<float>;
  NearestSoFar nearest;
  for (int64_t first = 0; first < a.k; first += a.tile) {
    const int width = static_cast<int>(min(a.tile, a.k - first));
    float dot[tile] = {};
    for (int64_t begin = 0; begin < a.d; begin += depth) {
      const int steps = static_cast<int>(min(int64_t{depth}, a.d - begin));
      for (int e = threadIdx.x; e < steps * tile; e += kmeans_device_threads) {
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
  return nearest;
}

}  // namespace ceir
