// v1: one thread a sum: of centre c and coordinate j. It goes through all rows and adds those whose label is c. Nobody writes
//     where another does, so that neither atomics nor parts are needed; but every label is read for each of the k d sums, and
//     where neighbours in a warp belong to two centres the warp does both.
#include "kernels/kmeans/kmeans_update_device.h"

namespace ceir {
namespace {

__global__ void kmeans_update_naive(const KMeansUpdate<float> a, int64_t rows) {
  const int64_t width = a.d + 1, at = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (at >= a.k * width) return;
  const int64_t c = at / width, j = at % width;
  double sum = 0;
  for (int64_t first = 0; first < a.n; first += rows) {
    double part = 0;
    for (int64_t i = first; i < min(first + rows, a.n); i++)
      if (a.label[i] == c) part += kmeans_value(a, i, j);
    sum += part;
  }
  kmeans_write_sum(a, c, j, sum);
}

}  // namespace

void kmeans_update_v1_naive(const KMeansUpdate<float>& a) {
  launch(kmeans_update_naive, blocks_for(a.k * (a.d + 1), 128), dim3(128), 0, a, kmeans_update_rows(a.n));
}

}  // namespace ceir
