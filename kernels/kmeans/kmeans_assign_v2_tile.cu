// v2: a tile of up to 12 centres at once: their sums stay in registers, so a point is read once a tile instead of once a centre.
//     The centres' coordinates wait in shared memory, 32 at a time, where all lanes of a warp read the same word (a broadcast).
#include "kernels/kmeans/kmeans_tile_device.h"

namespace ceir {
namespace {

__global__ void __launch_bounds__(kmeans_device_threads) kmeans_assign_tile(const KMeansAssign<float> a) {
  const int64_t p = int64_t{blockIdx.x} * kmeans_device_threads + threadIdx.x;
  const bool inside = p / kmeans_block<float> < a.blocks;  // the others only help to load
  const NearestSoFar nearest = nearest_in_tiles(a, p, inside);
  if (inside) write_nearest(a, nearest, p);
}

}  // namespace

void kmeans_assign_v2_tile(const KMeansAssign<float>& a) {
  launch(kmeans_assign_tile, blocks_for(a.blocks * kmeans_block<float>, kmeans_device_threads), dim3(kmeans_device_threads), 0, a);
}

}  // namespace ceir
