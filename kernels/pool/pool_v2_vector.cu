// v2: channels last, four channels a thread: each load brings 16 bytes, neighbouring threads the next 16, and the windows'
//     places are worked out once for four results. v1, with channels first, reads every second or third float where windows
//     have a stride.
#include "kernels/launch/vector.h"
#include "kernels/pool/pool_device.h"

namespace ceir {
namespace {

// Element by element of four: the first maximum, or NaN.
struct Best {
  float value = 0;
  int64_t where = 0;
  __device__ void look(float v, int64_t at, bool first) {
    if (first || v > value || (v != v && value == value)) value = v, where = at;
  }
};

__global__ void max_pool_vector(float* y, int64_t* where, const float* x, const Pooling g) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x, n = g.step / 4;
  const Place p = place_of(i, n, g.windows_high, g.windows_wide);
  if (p.image * g.step >= g.planes) return;
  const int64_t top = p.row * g.stride - g.padding, left = p.column * g.stride - g.padding;
  Best a, b, c, d;
  bool first = true;
  for (int64_t h = max(top, int64_t{0}); h < min(top + g.size, g.height); h++)
    for (int64_t w = max(left, int64_t{0}); w < min(left + g.size, g.width); w++) {
      const float4 v = load4(x + 4 * index_of(p, n, g.height, g.width, h, w));
      const int64_t at = h * g.width + w;
      a.look(v.x, at, first), b.look(v.y, at, first), c.look(v.z, at, first), d.look(v.w, at, first);
      first = false;
    }
  store4(y + 4 * i, make_float4(a.value, b.value, c.value, d.value));
  if (where) where[4 * i] = a.where, where[4 * i + 1] = b.where, where[4 * i + 2] = c.where, where[4 * i + 3] = d.where;
}

__global__ void avg_pool_vector(float* y, const float* x, const Pooling g, float share) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x, n = g.step / 4;
  const Place p = place_of(i, n, g.windows_high, g.windows_wide);
  if (p.image * g.step >= g.planes) return;
  float4 sum = make_float4(0, 0, 0, 0);
  for (int64_t h = p.row * g.stride; h < p.row * g.stride + g.size; h++)
    for (int64_t w = p.column * g.stride; w < p.column * g.stride + g.size; w++) {
      const float4 v = load4(x + 4 * index_of(p, n, g.height, g.width, h, w));
      sum = make_float4(sum.x + v.x, sum.y + v.y, sum.z + v.z, sum.w + v.w);
    }
  store4(y + 4 * i, make_float4(sum.x * share, sum.y * share, sum.z * share, sum.w * share));
}

dim3 for_fours(const PoolGeometry& g) { return blocks_for(g.planes / 4 * g.out_height() * g.out_width(), 256); }

}  // namespace

void max_pool_v2_vector(const MaxPool<float>& p) {
  launch(max_pool_vector, for_fours(p.geometry), dim3(256), 0, p.y, p.where, p.x, pooling(p.geometry));
}
void avg_pool_v2_vector(const AvgPool<float>& p) {
  launch(avg_pool_vector, for_fours(p.geometry), dim3(256), 0, p.y, p.x, pooling(p.geometry), 1 / static_cast<float>(p.geometry.size * p.geometry.size));
}

}  // namespace ceir
