// v5: the row stays in registers: a lane keeps its elements of a row of up to 1024 between the passes, so x is read once
//     and y written once, which is all that must be moved. The loops have fixed lengths (the width is a template argument,
//     rounded up) because registers cannot be indexed at run time.
#include "kernels/launch/warp.h"
#include "kernels/softmax/softmax.h"

namespace ceir {
namespace {

constexpr int warps = 4;

template <int per_lane>
__global__ void softmax_registers(float* y, const float* x, int64_t rows, int64_t width, bool logarithm, int64_t causal_period) {
  const int64_t r = int64_t{blockIdx.x} * warps + threadIdx.x / 32;
  if (r >= rows) return;
  const int lane = threadIdx.x % 32;
  x += r * width, y += r * width;
  const int64_t seen = causal_period > 0 ? r % causal_period + 1 : width;
  float v[per_lane];
  float largest = -INFINITY, sum = 0;
#pragma unroll
  for (int k = 0; k < per_lane; k++) {
    const int i = lane + 32 * k;
    v[k] = i < seen ? x[i] : -INFINITY;
    largest = fmaxf(largest, v[k]);
  }
  largest = warp_max(largest);
#pragma unroll
  for (int k = 0; k < per_lane; k++) {
    const float shifted = v[k] - largest, e = expf(shifted);
    if (lane + 32 * k < seen) sum += e;
    v[k] = logarithm ? shifted : e;
  }
  sum = warp_sum(sum);
  const float log_sum = logf(sum), inverse = 1 / sum;
#pragma unroll
  for (int k = 0; k < per_lane; k++) {
    const int i = lane + 32 * k;
    if (i < width) y[i] = i >= seen ? 0 : logarithm ? v[k] - log_sum : v[k] * inverse;
  }
}

template <int per_lane>
void start(const Softmax<float>& a) {
  launch(softmax_registers<per_lane>, blocks_for(a.rows, warps), dim3(32 * warps), 0, a.y, a.x, a.rows, a.width, a.logarithm, a.causal_period);
}

}  // namespace

void softmax_v5_registers(const Softmax<float>& a) {
  if (a.width <= 64) start<2>(a);
  else if (a.width <= 128) start<4>(a);
  else if (a.width <= 256) start<8>(a);
  else if (a.width <= 608) start<19>(a);  // 577 tokens of ViT-L/14 at 336 pixels
  else start<32>(a);
}

}  // namespace ceir
