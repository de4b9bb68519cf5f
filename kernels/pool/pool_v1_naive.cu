// v1: a thread does one window. With a stride, neighbours read every second or third float, and every float is read by all
//     windows that see it: fast enough, since a network pools a few times only.
//     Backward: a thread gathers, for one element of x, from the windows that see it, in their order: no atomics.
#include "kernels/pool/pool_device.h"

namespace ceir {
namespace {

__global__ void max_pool_naive(float* y, int64_t* where, const float* x, const Pooling g) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  const Place p = place_of(i, g.step, g.windows_high, g.windows_wide);
  if (p.image * g.step >= g.planes) return;
  const int64_t top = p.row * g.stride - g.padding, left = p.column * g.stride - g.padding;
  int64_t best = max(top, int64_t{0}) * g.width + max(left, int64_t{0});
  float largest = x[index_of(p, g.step, g.height, g.width, max(top, int64_t{0}), max(left, int64_t{0}))];
  for (int64_t h = max(top, int64_t{0}); h < min(top + g.size, g.height); h++)
    for (int64_t w = max(left, int64_t{0}); w < min(left + g.size, g.width); w++) {
      const float v = x[index_of(p, g.step, g.height, g.width, h, w)];
      if (v > largest || (v != v && largest == largest)) largest = v, best = h * g.width + w;
    }
  y[i] = largest;
  if (where) where[i] = best;
}

__global__ void max_pool_backward_naive(float* dx, const float* dy, const int64_t* where, const Pooling g) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  const Place p = place_of(i, g.step, g.height, g.width);
  if (p.image * g.step >= g.planes) return;
  const Windows rows = windows_over(p.row, g, g.windows_high), columns = windows_over(p.column, g, g.windows_wide);
  float sum = 0;
  for (int64_t r = rows.first; r <= rows.last; r++)
    for (int64_t c = columns.first; c <= columns.last; c++) {
      const int64_t window = index_of(p, g.step, g.windows_high, g.windows_wide, r, c);
      if (where[window] == p.row * g.width + p.column) sum += dy[window];
    }
  dx[i] = sum;
}

__global__ void avg_pool_naive(float* y, const float* x, const Pooling g, float share) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  const Place p = place_of(i, g.step, g.windows_high, g.windows_wide);
  if (p.image * g.step >= g.planes) return;
  float sum = 0;
  for (int64_t h = p.row * g.stride; h < p.row * g.stride + g.size; h++)
    for (int64_t w = p.column * g.stride; w < p.column * g.stride + g.size; w++) sum += x[index_of(p, g.step, g.height, g.width, h, w)];
  y[i] = sum * share;
}

__global__ void avg_pool_backward_naive(float* dx, const float* dy, const Pooling g, float share) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  const Place p = place_of(i, g.step, g.height, g.width);
  if (p.image * g.step >= g.planes) return;
  const Windows rows = windows_over(p.row, g, g.windows_high), columns = windows_over(p.column, g, g.windows_wide);
  float sum = 0;
  for (int64_t r = rows.first; r <= rows.last; r++)
    for (int64_t c = columns.first; c <= columns.last; c++)
      sum += __fmul_rn(dy[index_of(p, g.step, g.windows_high, g.windows_wide, r, c)], share);  // rounded as on the CPU
  dx[i] = sum;
}

dim3 for_windows(const PoolGeometry& g) { return blocks_for(g.planes * g.out_height() * g.out_width(), 256); }
dim3 for_elements(const PoolGeometry& g) { return blocks_for(g.planes * g.height * g.width, 256); }
float share_of(const PoolGeometry& g) { return 1 / static_cast<float>(g.size * g.size); }

}  // namespace

void max_pool_v1_naive(const MaxPool<float>& p) {
  launch(max_pool_naive, for_windows(p.geometry), dim3(256), 0, p.y, p.where, p.x, pooling(p.geometry));
}
void max_pool_backward_v1_naive(const MaxPoolBackward<float>& p) {
  launch(max_pool_backward_naive, for_elements(p.geometry), dim3(256), 0, p.dx, p.dy, p.where, pooling(p.geometry));
}
void avg_pool_v1_naive(const AvgPool<float>& p) {
  launch(avg_pool_naive, for_windows(p.geometry), dim3(256), 0, p.y, p.x, pooling(p.geometry), share_of(p.geometry));
}
void avg_pool_backward_v1_naive(const AvgPoolBackward<float>& p) {
  launch(avg_pool_backward_naive, for_elements(p.geometry), dim3(256), 0, p.dx, p.dy, pooling(p.geometry), share_of(p.geometry));
}

}  // namespace ceir
