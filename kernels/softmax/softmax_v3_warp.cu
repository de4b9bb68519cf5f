// v3: one warp does a row. Lanes exchange values by shuffles, from register to register: no shared memory, no barrier, and
//     a block of four warps has four rows on the way. CLIP's rows (50 to 577 wide) are too short for 128 threads anyway.
#include "kernels/launch/warp.h"
#include "kernels/softmax/softmax.h"

namespace ceir {
namespace {

constexpr int warps = 4;

__global__ void softmax_warp(float* y, const float* x, int64_t rows, int64_t width, bool logarithm, int64_t causal_period) {
  const int64_t r = int64_t{blockIdx.x} * warps + threadIdx.x / 32;
  if (r >= rows) return;  // the whole warp leaves
  const int lane = threadIdx.x % 32;
  x += r * width, y += r * width;
  const int64_t seen = causal_period > 0 ? r % causal_period + 1 : width;
  float largest = -INFINITY, sum = 0;
  for (int64_t i = lane; i < seen; i += 32) largest = fmaxf(largest, x[i]);
  largest = warp_max(largest);
  for (int64_t i = lane; i < seen; i += 32) sum += expf(x[i] - largest);
  sum = warp_sum(sum);
  const float log_sum = logf(sum), inverse = 1 / sum;
  for (int64_t i = lane; i < width; i += 32)
    y[i] = i >= seen ? 0 : logarithm ? x[i] - largest - log_sum : expf(x[i] - largest) * inverse;
}

__global__ void softmax_backward_warp(float* dx, const float* y, const float* dy, int64_t rows, int64_t width, bool logarithm) {
  const int64_t r = int64_t{blockIdx.x} * warps + threadIdx.x / 32;
  if (r >= rows) return;
  const int lane = threadIdx.x % 32;
  y += r * width, dy += r * width, dx += r * width;
  float sum = 0;
  for (int64_t i = lane; i < width; i += 32) sum += logarithm ? dy[i] : dy[i] * y[i];
  sum = warp_sum(sum);
  for (int64_t i = lane; i < width; i += 32) dx[i] = logarithm ? dy[i] - expf(y[i]) * sum : y[i] * (dy[i] - sum);
}

}  // namespace

void softmax_v3_warp(const Softmax<float>& a) {
  launch(softmax_warp, blocks_for(a.rows, warps), dim3(32 * warps), 0, a.y, a.x, a.rows, a.width, a.logarithm, a.causal_period);
}

void softmax_backward_v3_warp(const SoftmaxBackward<float>& a) {
  launch(softmax_backward_warp, blocks_for(a.rows, warps), dim3(32 * warps), 0, a.dx, a.y, a.dy, a.rows, a.width, a.logarithm);
}

}  // namespace ceir
