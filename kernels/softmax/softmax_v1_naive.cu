// v1: one thread does a row, as on the CPU: the maximum, the sum, the scaling. Right, and slow: the 32 lanes of a warp read
//     32 rows at once, one sector of 32 bytes for each 4 bytes that are used, unless the rows are very short.
#include "kernels/launch/launch.h"
#include "kernels/softmax/softmax.h"

namespace ceir {
namespace {

__global__ void softmax_naive(float* y, const float* x, int64_t rows, int64_t width, bool logarithm, int64_t causal_period) {
  const int64_t r = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (r >= rows) return;
  x += r * width, y += r * width;
  const int64_t seen = causal_period > 0 ? r % causal_period + 1 : width;
  float largest = -INFINITY, sum = 0;
  for (int64_t i = 0; i < seen; i++) largest = fmaxf(largest, x[i]);
  for (int64_t i = 0; i < seen; i++) sum += expf(x[i] - largest);
  const float log_sum = logf(sum), inverse = 1 / sum;
  for (int64_t i = 0; i < seen; i++) y[i] = logarithm ? x[i] - largest - log_sum : expf(x[i] - largest) * inverse;
  for (int64_t i = seen; i < width; i++) y[i] = 0;
}

__global__ void softmax_backward_naive(float* dx, const float* y, const float* dy, int64_t rows, int64_t width, bool logarithm) {
  const int64_t r = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (r >= rows) return;
  y += r * width, dy += r * width, dx += r * width;
  float sum = 0;
  for (int64_t i = 0; i < width; i++) sum += logarithm ? dy[i] : dy[i] * y[i];
  for (int64_t i = 0; i < width; i++) dx[i] = logarithm ? dy[i] - expf(y[i]) * sum : y[i] * (dy[i] - sum);
}

}  // namespace

void softmax_v1_naive(const Softmax<float>& a) {
  launch(softmax_naive, blocks_for(a.rows, 128), dim3(128), 0, a.y, a.x, a.rows, a.width, a.logarithm, a.causal_period);
}

void softmax_backward_v1_naive(const SoftmaxBackward<float>& a) {
  launch(softmax_backward_naive, blocks_for(a.rows, 128), dim3(128), 0, a.dx, a.y, a.dy, a.rows, a.width, a.logarithm);
}

}  // namespace ceir
