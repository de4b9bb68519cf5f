// v3: the row stays in registers: x is read once, in loads of 16 bytes, where v2 reads it three times. A lane holds up to 12
//     vectors of four floats (rows up to 1536; CLIP's features have 512 to 1152); their number is a template argument, since
//     registers cannot be indexed. Backward: y and dy once each, for v2's twice.
#include "kernels/launch/vector.h"
#include "kernels/launch/warp.h"
#include "kernels/normalise/normalise_device.h"

namespace ceir {
namespace {

constexpr int warps = 4;

template <int per_lane>
__global__ void normalise_registers(float* y, float* norm, const float* x, int64_t rows, int width) {
  const int64_t r = int64_t{blockIdx.x} * warps + threadIdx.x / 32;
  if (r >= rows) return;  // the whole warp leaves
  const int first = 4 * (threadIdx.x % 32);
  x += r * width, y += r * width;
  float4 v[per_lane];
  float largest = 0, squares = 0;
#pragma unroll
  for (int k = 0; k < per_lane; k++) {
    v[k] = first + 128 * k < width ? load4(x + first + 128 * k) : make_float4(0, 0, 0, 0);
    largest = fmaxf(largest, fmaxf(fmaxf(fabsf(v[k].x), fabsf(v[k].y)), fmaxf(fabsf(v[k].z), fabsf(v[k].w))));
  }
  const float power = power_of_two_for(warp_max(largest));
#pragma unroll
  for (int k = 0; k < per_lane; k++) {
    v[k] = make_float4(v[k].x * power, v[k].y * power, v[k].z * power, v[k].w * power);
    squares += v[k].x * v[k].x + v[k].y * v[k].y + (v[k].z * v[k].z + v[k].w * v[k].w);
  }
  const float root = sqrtf(warp_sum(squares));
#pragma unroll
  for (int k = 0; k < per_lane; k++)
    if (first + 128 * k < width) store4(y + first + 128 * k, make_float4(v[k].x / root, v[k].y / root, v[k].z / root, v[k].w / root));
  if (norm && first == 0) norm[r] = root / power;
}

template <int per_lane>
__global__ void normalise_backward_registers(float* dx, const float* y, const float* norm, const float* dy, int64_t rows, int width) {
  const int64_t r = int64_t{blockIdx.x} * warps + threadIdx.x / 32;
  if (r >= rows) return;
  const int first = 4 * (threadIdx.x % 32);
  y += r * width, dy += r * width, dx += r * width;
  float4 v[per_lane], d[per_lane];
  float along = 0;
#pragma unroll
  for (int k = 0; k < per_lane; k++) {
    if (first + 128 * k >= width) continue;
    v[k] = load4(y + first + 128 * k), d[k] = load4(dy + first + 128 * k);
    along += d[k].x * v[k].x + d[k].y * v[k].y + (d[k].z * v[k].z + d[k].w * v[k].w);
  }
  along = warp_sum(along);
  const float by = norm[r];
#pragma unroll
  for (int k = 0; k < per_lane; k++)
    if (first + 128 * k < width)
      store4(dx + first + 128 * k, make_float4((d[k].x - v[k].x * along) / by, (d[k].y - v[k].y * along) / by, (d[k].z - v[k].z * along) / by, (d[k].w - v[k].w * along) / by));
}

// Calls start with the number of vectors that a lane holds.
template <class Start>
void with_vectors(int64_t width, const Start& start) {
  if (width <= 256) start.template operator()<2>();
  else if (width <= 512) start.template operator()<4>();
  else if (width <= 768) start.template operator()<6>();
  else if (width <= 1024) start.template operator()<8>();
  else start.template operator()<12>();
}

}  // namespace

void normalise_v3_registers(const Normalise<float>& a) {
  with_vectors(a.width, [&]<int n>() { launch(normalise_registers<n>, blocks_for(a.rows, warps), dim3(32 * warps), 0, a.y, a.norm, a.x, a.rows, a.width); });
}

void normalise_backward_v3_registers(const NormaliseBackward<float>& a) {
  with_vectors(a.width, [&]<int n>() { launch(normalise_backward_registers<n>, blocks_for(a.rows, warps), dim3(32 * warps), 0, a.dx, a.y, a.norm, a.dy, a.rows, a.width); });
}

}  // namespace ceir
