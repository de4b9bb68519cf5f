// v1: one thread an element: it works out its place in every loop, reads two numbers and writes one. Neighbours read neighbours
//     where the operands are dense. What costs is a 64-bit division for each loop and element: a GPU has no instruction for it.
#include "kernels/elementwise/elementwise_device.h"

namespace ceir {
namespace {

__global__ void elementwise_naive(const Elementwise<float> e, int64_t n) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= n) return;
  const OperandOffsets at = operand_offsets(e, i, 0);
  e.y[i] = device_binary(e.function, e.a[at.a], e.b[at.b]);
}

}  // namespace

void elementwise_v1_naive(const Elementwise<float>& e) {
  const int64_t n = elements_of(e, 0, e.rank);
  launch(elementwise_naive, blocks_for(n, 256), dim3(256), 0, e, n);
}

}  // namespace ceir
