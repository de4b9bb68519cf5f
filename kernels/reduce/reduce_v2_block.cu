// v2: a block of 128 threads makes one output; they meet in shared memory, halving their number at each step of a tree. The lanes
//     of a warp read neighbours along a row now, 4 sectors a request instead of 32. Down a column they read floats a row
//     apart, which v1 did not. A barrier for each of the tree's seven steps.
#include "kernels/reduce/reduce_device.h"

namespace ceir {
namespace {

constexpr int threads = 128;

// The sum of all threads' v, for every thread. The caller's next use of `value` comes after a barrier.
__device__ double tree_sum(double v, double* value) {
  value[threadIdx.x] = v;
  for (int half = threads / 2; half > 0; half /= 2) {
    __syncthreads();  // the halves below are written
    if (threadIdx.x < half) value[threadIdx.x] += value[threadIdx.x + half];
  }
  __syncthreads();  // value[0] is written
  return value[0];
}

__global__ void reduce_block(Reduction kind, float* y, const float* x, int64_t n, int64_t inner) {
  __shared__ double value[threads];
  const int64_t o = blockIdx.x;
  x += o / inner * n * inner + o % inner;
  const float origin = is_variance(kind) && n > 0 ? x[0] : 0;  // subtracted so that a large mean costs no digits
  double sum = 0;
  for (int64_t i = threadIdx.x; i < n; i += threads) sum += x[i * inner] - origin;
  sum = tree_sum(sum, value);
  if (is_variance(kind)) {
    const float shift = static_cast<float>(sum / static_cast<double>(n));
    double squares = 0;
    for (int64_t i = threadIdx.x; i < n; i += threads) {
      const float d = x[i * inner] - origin - shift;
      squares += d * d;
    }
    __syncthreads();  // everybody has read the sum: value is used again
    sum = tree_sum(squares, value);
  }
  if (threadIdx.x == 0) y[o] = reduced(kind, sum, n);
}

}  // namespace

void reduce_v2_block(const Reduce<float>& a) {
  launch(reduce_block, blocks_for(a.outer * a.inner, 1), dim3(threads), 0, a.kind, a.y, a.x, a.n, a.inner);
}

}  // namespace ceir
