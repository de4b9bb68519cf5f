// v1: one thread an element, 4 bytes in and 4 bytes out. Neighbouring threads take neighbouring elements: nothing is wasted,
//     and the speed of memory is all there is to win.
#include "kernels/unary/unary_device.h"

namespace ceir {
namespace {

__global__ void unary_naive(Unary f, float* y, const float* x, int64_t n) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < n) y[i] = device_unary(f, x[i]);
}

__global__ void unary_backward_naive(Unary f, float* dx, const float* known, const float* dy, int64_t n) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < n) dx[i] = dy[i] * device_unary_derivative(f, known[i], known[i]);
}

}  // namespace

void unary_v1_naive(const UnaryForward<float>& a) {
  launch(unary_naive, blocks_for(a.n, 256), dim3(256), 0, a.function, a.y, a.x, a.n);
}

void unary_backward_v1_naive(const UnaryBackward<float>& a) {
  launch(unary_backward_naive, blocks_for(a.n, 256), dim3(256), 0, a.function, a.dx, derivative_from_output(a.function) ? a.y : a.x, a.dy, a.n);
}

}  // namespace ceir
