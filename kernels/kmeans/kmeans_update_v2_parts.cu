// v2: one thread a coordinate of a part of the rows: it reads its rows once, neighbours beside neighbours, and adds each value
//     to the sum of the row's centre, in the part's own room. x is read once instead of once a centre. A second kernel adds
//     the parts in order. Every addition goes through memory, though, and waits for the one before it.
#include "kernels/kmeans/kmeans_update_device.h"

namespace ceir {
namespace {

constexpr int threads = 128;

__global__ void kmeans_update_parts_kernel(const KMeansUpdate<float> a, double* sums, int64_t rows, unsigned across) {
  const int64_t width = a.d + 1, j = int64_t{blockIdx.x % across} * threads + threadIdx.x, part = blockIdx.x / across;
  if (j >= width) return;
  const int64_t first = part * rows;
  double* own = sums + part * a.k * width + j;
  for (int64_t c = 0; c < a.k; c++) own[c * width] = 0;
  for (int64_t i = first; i < min(first + rows, a.n); i++) own[a.label[i] * width] += kmeans_value(a, i, j);
}

}  // namespace

void kmeans_update_v2_parts(const KMeansUpdate<float>& a) {
  kmeans_in_parts(a, [&](double* sums, int64_t parts) {
    const unsigned across = block_count(a.d + 1, threads);
    launch(kmeans_update_parts_kernel, blocks_for(parts * across, 1), dim3(threads), 0, a, sums, kmeans_update_rows(a.n), across);
  });
}

}  // namespace ceir
