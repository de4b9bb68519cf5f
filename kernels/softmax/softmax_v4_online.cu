// v4: maximum and sum in one pass over x (Milakov & Gimelshein, "Online normalizer calculation for softmax", 2018): when a
//     larger element appears, the sum so far is scaled by e^(old - new). x is read twice instead of three times, which
//     counts when a row is too long for registers and cache.
#include "kernels/launch/warp.h"
#include "kernels/softmax/softmax.h"

namespace ceir {
namespace {

constexpr int warps = 4;

// A maximum, and the sum of e^(x - maximum) over what has been seen.
struct Running {
  float largest = -INFINITY, sum = 0;
};

__device__ inline Running merged(Running a, Running b) {
  const float largest = fmaxf(a.largest, b.largest);
  const auto scaled = [&](const Running& r) { return r.largest == -INFINITY ? r.sum : r.sum * expf(r.largest - largest); };
  return {largest, scaled(a) + scaled(b)};  // nothing seen but -infinity: 0, or a NaN that must stay
}

__global__ void softmax_online(float* y, const float* x, int64_t rows, int64_t width, bool logarithm, int64_t causal_period) {
  const int64_t r = int64_t{blockIdx.x} * warps + threadIdx.x / 32;
  if (r >= rows) return;
  const int lane = threadIdx.x % 32;
  x += r * width, y += r * width;
  const int64_t seen = causal_period > 0 ? r % causal_period + 1 : width;
  Running run;
  for (int64_t i = lane; i < seen; i += 32) {
    const float v = x[i];
    if (v > run.largest) {
      run.sum = run.sum * expf(run.largest - v) + 1;
      run.largest = v;
    } else if (v != -INFINITY) {
      run.sum += expf(v - run.largest);  // a NaN comes here
    }
  }
  for (int bits = 16; bits > 0; bits /= 2)
    run = merged(run, {__shfl_xor_sync(0xffffffffu, run.largest, bits), __shfl_xor_sync(0xffffffffu, run.sum, bits)});
  const float log_sum = logf(run.sum), inverse = 1 / run.sum;
  for (int64_t i = lane; i < width; i += 32)
    y[i] = i >= seen ? 0 : logarithm ? x[i] - run.largest - log_sum : expf(x[i] - run.largest) * inverse;
}

}  // namespace

void softmax_v4_online(const Softmax<float>& a) {
  launch(softmax_online, blocks_for(a.rows, warps), dim3(32 * warps), 0, a.y, a.x, a.rows, a.width, a.logarithm, a.causal_period);
}

}  // namespace ceir
