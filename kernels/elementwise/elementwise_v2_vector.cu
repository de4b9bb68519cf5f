// v2: four elements of the innermost loop a thread: one division for four, and one load of 16 bytes where an operand is dense and
//     its address allows it; an operand that is repeated (a bias over pixels, a constant) is read once for the four. The last
//     one to three elements of a row, and rows at odd addresses, are done singly: an element's bits are the same both ways.
#include "kernels/elementwise/elementwise_device.h"
#include "kernels/launch/vector.h"

namespace ceir {
namespace {

__device__ inline bool aligned16(const void* p) { return reinterpret_cast<uintptr_t>(p) % 16 == 0; }

__device__ inline float4 four_of(const float* p, int64_t stride, bool vector) {
  if (vector) return load4(p);
  if (stride == 0) return make_float4(*p, *p, *p, *p);
  return make_float4(p[0], p[stride], p[2 * stride], p[3 * stride]);
}

__global__ void elementwise_vector(const Elementwise<float> e, int64_t rows, int64_t width, int64_t fours) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= rows * fours) return;
  const int64_t row = i / fours, first = 4 * (i - row * fours), as = e.a_stride[e.rank - 1], bs = e.b_stride[e.rank - 1];
  const OperandOffsets at = operand_offsets(e, row, 1);
  const float *a = e.a + at.a + first * as, *b = e.b + at.b + first * bs;
  float* y = e.y + row * width + first;
  if (first + 4 <= width) {
    const float4 u = four_of(a, as, as == 1 && aligned16(a)), v = four_of(b, bs, bs == 1 && aligned16(b));
    const float4 w = make_float4(device_binary(e.function, u.x, v.x), device_binary(e.function, u.y, v.y),
                                 device_binary(e.function, u.z, v.z), device_binary(e.function, u.w, v.w));
    if (aligned16(y)) store4(y, w);
    else y[0] = w.x, y[1] = w.y, y[2] = w.z, y[3] = w.w;
    return;
  }
  for (int64_t k = 0; first + k < width; k++) y[k] = device_binary(e.function, a[k * as], b[k * bs]);
}

}  // namespace

void elementwise_v2_vector(const Elementwise<float>& e) {
  const int64_t width = e.shape[e.rank - 1], rows = elements_of(e, 0, e.rank - 1), fours = (width + 3) / 4;
  launch(elementwise_vector, blocks_for(rows * fours, 256), dim3(256), 0, e, rows, width, fours);
}

}  // namespace ceir
