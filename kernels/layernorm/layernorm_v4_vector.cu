// v4: loads of 16 bytes, and the row stays in registers: x is read once. A lane holds up to 12 vectors of four floats (rows
//     up to 1536, ViT-L's 1024 among them); their number is a template argument, since registers cannot be indexed.
#include "kernels/launch/vector.h"
#include "kernels/launch/warp.h"
#include "kernels/layernorm/layernorm.h"

namespace ceir {
namespace {

constexpr int warps = 4;

template <int per_lane>
__global__ void layernorm_vector(float* y, float* mean, float* rstd, const float* x, const float* gain, const float* bias,
                                 int64_t rows, int width, float eps) {
  const int64_t r = int64_t{blockIdx.x} * warps + threadIdx.x / 32;
  if (r >= rows) return;
  const int first = 4 * (threadIdx.x % 32);
  x += r * width, y += r * width;
  float4 v[per_lane];
#pragma unroll
  for (int k = 0; k < per_lane; k++)
    if (first + 128 * k < width) v[k] = load4(x + first + 128 * k);
  const float origin = __shfl_sync(0xffffffffu, v[0].x, 0);
  float sum = 0, squares = 0;
#pragma unroll
  for (int k = 0; k < per_lane; k++) {
    if (first + 128 * k >= width) continue;
    v[k] = make_float4(v[k].x - origin, v[k].y - origin, v[k].z - origin, v[k].w - origin);
    sum += v[k].x + v[k].y + (v[k].z + v[k].w);
  }
  const float shift = warp_sum(sum) / width;
#pragma unroll
  for (int k = 0; k < per_lane; k++) {
    if (first + 128 * k >= width) continue;
    v[k] = make_float4(v[k].x - shift, v[k].y - shift, v[k].z - shift, v[k].w - shift);
    squares += v[k].x * v[k].x + v[k].y * v[k].y + (v[k].z * v[k].z + v[k].w * v[k].w);
  }
  const float scale = 1 / sqrtf(warp_sum(squares) / width + eps);
#pragma unroll
  for (int k = 0; k < per_lane; k++) {
    const int i = first + 128 * k;
    if (i >= width) continue;
    const float4 g = load4(gain + i), b = load4(bias + i);
    store4(y + i, make_float4(v[k].x * scale * g.x + b.x, v[k].y * scale * g.y + b.y, v[k].z * scale * g.z + b.z, v[k].w * scale * g.w + b.w));
  }
  if (mean && first == 0) mean[r] = origin + shift, rstd[r] = scale;
}

template <int per_lane>
void start(const LayerNorm<float>& a) {
  launch(layernorm_vector<per_lane>, blocks_for(a.rows, warps), dim3(32 * warps), 0, a.y, a.mean, a.rstd, a.x, a.gain, a.bias, a.rows, a.width, a.eps);
}

}  // namespace

void layernorm_v4_vector(const LayerNorm<float>& a) {
  if (a.width <= 256) start<2>(a);
  else if (a.width <= 512) start<4>(a);
  else if (a.width <= 768) start<6>(a);
  else if (a.width <= 1024) start<8>(a);
  else start<12>(a);
}

}  // namespace ceir
