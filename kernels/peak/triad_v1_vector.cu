// v1: four elements a thread, by one instruction each way, so that few threads keep many bytes on the way. The last one to three
//     are done singly, and everything is where a pointer is no multiple of 16.
#include "kernels/launch/vector.h"
#include "kernels/peak/peak.h"

namespace ceir {
namespace {

__global__ void triad_vector(const Triad t, bool aligned) {
  const int64_t i = 4 * (int64_t{blockIdx.x} * blockDim.x + threadIdx.x);
  if (aligned && i + 4 <= t.n) {
    const float4 a = load4(t.a + i), b = load4(t.b + i);
    store4(t.y + i, make_float4(fmaf(t.factor, b.x, a.x), fmaf(t.factor, b.y, a.y), fmaf(t.factor, b.z, a.z), fmaf(t.factor, b.w, a.w)));
    return;
  }
  for (int64_t k = i; k < i + 4 && k < t.n; k++) t.y[k] = fmaf(t.factor, t.b[k], t.a[k]);
}

}  // namespace

void triad_v1_vector(const Triad& t) {
  const bool aligned = (reinterpret_cast<uintptr_t>(t.a) | reinterpret_cast<uintptr_t>(t.b) | reinterpret_cast<uintptr_t>(t.y)) % 16 == 0;
  launch(triad_vector, blocks_for(t.n, 1024), dim3(256), 0, t, aligned);
}

}  // namespace ceir
