// v2: one block does a row; its threads meet in shared memory, halving their number at each step of a tree. Now the lanes
//     of a warp read neighbouring floats: 4 sectors a request instead of 32. The price: a barrier for each of the tree's
//     steps, seven for each sum.
#include "kernels/launch/launch.h"
#include "kernels/softmax/softmax.h"

namespace ceir {
namespace {

constexpr int threads = 128;

// value[0] = sum or maximum of all; every thread has put its own into value[threadIdx.x].
template <class F>
__device__ float reduce(float* value, const F& f) {
  for (int half = threads / 2; half > 0; half /= 2) {
    __syncthreads();  // the halves below are written
    if (threadIdx.x < half) value[threadIdx.x] = f(value[threadIdx.x], value[threadIdx.x + half]);
  }
  __syncthreads();  // value[0] is written
  return value[0];
}

struct Max { __device__ float operator()(float a, float b) const { return fmaxf(a, b); } };
struct Sum { __device__ float operator()(float a, float b) const { return a + b; } };

__global__ void softmax_block(float* y, const float* x, int64_t width, bool logarithm, int64_t causal_period) {
  __shared__ float value[threads];
  const int64_t r = blockIdx.x;
  x += r * width, y += r * width;
  const int64_t seen = causal_period > 0 ? r % causal_period + 1 : width;
  float largest = -INFINITY;
  for (int64_t i = threadIdx.x; i < seen; i += threads) largest = fmaxf(largest, x[i]);
  value[threadIdx.x] = largest;
  largest = reduce(value, Max());
  float sum = 0;
  for (int64_t i = threadIdx.x; i < seen; i += threads) sum += expf(x[i] - largest);
  __syncthreads();  // everybody has read the maximum: value is used again
  value[threadIdx.x] = sum;
  sum = reduce(value, Sum());
  const float log_sum = logf(sum), inverse = 1 / sum;
  for (int64_t i = threadIdx.x; i < width; i += threads)
    y[i] = i >= seen ? 0 : logarithm ? x[i] - largest - log_sum : expf(x[i] - largest) * inverse;
}

}  // namespace

void softmax_v2_block(const Softmax<float>& a) {
  launch(softmax_block, blocks_for(a.rows, 1), dim3(threads), 0, a.y, a.x, a.width, a.logarithm, a.causal_period);
}

}  // namespace ceir
