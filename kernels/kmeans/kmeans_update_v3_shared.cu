// v3: the sums of a part wait in shared memory, (k, 32) of them a block of one warp, and go to memory once, at the end. A lane
//     has a column of its own, so nobody waits for anybody and there is no barrier. 48 KiB hold 192 centres.
#include "kernels/kmeans/kmeans_update_device.h"

namespace ceir {
namespace {

__global__ void __launch_bounds__(32) kmeans_update_shared(const KMeansUpdate<float> a, double* sums, int64_t rows, unsigned across) {
  DYNAMIC_SHARED(double, held);  // (k, 32)
  const int64_t width = a.d + 1, j = int64_t{blockIdx.x % across} * 32 + threadIdx.x, part = blockIdx.x / across;
  if (j >= width) return;
  const int64_t first = part * rows;
  double* own = held + threadIdx.x;
  for (int64_t c = 0; c < a.k; c++) own[c * 32] = 0;
  for (int64_t i = first; i < min(first + rows, a.n); i++) own[a.label[i] * 32] += kmeans_value(a, i, j);
  for (int64_t c = 0; c < a.k; c++) sums[(part * a.k + c) * width + j] = own[c * 32];
}

}  // namespace

void kmeans_update_v3_shared(const KMeansUpdate<float>& a) {
  kmeans_in_parts(a, [&](double* sums, int64_t parts) {
    const unsigned across = block_count(a.d + 1, 32);
    launch(kmeans_update_shared, blocks_for(parts * across, 1), dim3(32), static_cast<size_t>(a.k * 32) * sizeof(double), a, sums, kmeans_update_rows(a.n), across);
  });
}

}  // namespace ceir
