// v2: four elements a thread, loaded and stored by one instruction each: a quarter of the instructions for the same bytes,
//     and more of them on the way at once. The last one to three elements are done singly, and everything is where a pointer
//     is no multiple of 16 (an element's result is the same both ways).
#include "kernels/launch/vector.h"
#include "kernels/unary/unary_device.h"

namespace ceir {
namespace {

__global__ void unary_vector(Unary f, float* y, const float* x, int64_t n, bool aligned) {
  const int64_t i = 4 * (int64_t{blockIdx.x} * blockDim.x + threadIdx.x);
  if (aligned && i + 4 <= n) {
    const float4 v = load4(x + i);
    store4(y + i, make_float4(device_unary(f, v.x), device_unary(f, v.y), device_unary(f, v.z), device_unary(f, v.w)));
    return;
  }
  for (int64_t k = i; k < i + 4 && k < n; k++) y[k] = device_unary(f, x[k]);
}

__global__ void unary_backward_vector(Unary f, float* dx, const float* known, const float* dy, int64_t n, bool aligned) {
  const int64_t i = 4 * (int64_t{blockIdx.x} * blockDim.x + threadIdx.x);
  if (aligned && i + 4 <= n) {
    const float4 v = load4(known + i), d = load4(dy + i);
    store4(dx + i, make_float4(d.x * device_unary_derivative(f, v.x, v.x), d.y * device_unary_derivative(f, v.y, v.y),
                               d.z * device_unary_derivative(f, v.z, v.z), d.w * device_unary_derivative(f, v.w, v.w)));
    return;
  }
  for (int64_t k = i; k < i + 4 && k < n; k++) dx[k] = dy[k] * device_unary_derivative(f, known[k], known[k]);
}

bool all_aligned(const void* a, const void* b, const void* c) {
  return (reinterpret_cast<uintptr_t>(a) | reinterpret_cast<uintptr_t>(b) | reinterpret_cast<uintptr_t>(c)) % 16 == 0;
}

}  // namespace

void unary_v2_vector(const UnaryForward<float>& a) {
  launch(unary_vector, blocks_for(a.n, 1024), dim3(256), 0, a.function, a.y, a.x, a.n, all_aligned(a.x, a.y, nullptr));
}

void unary_backward_v2_vector(const UnaryBackward<float>& a) {
  const float* known = derivative_from_output(a.function) ? a.y : a.x;
  launch(unary_backward_vector, blocks_for(a.n, 1024), dim3(256), 0, a.function, a.dx, known, a.dy, a.n, all_aligned(known, a.dy, a.dx));
}

}  // namespace ceir
