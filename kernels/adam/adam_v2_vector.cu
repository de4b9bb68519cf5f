// v2: four elements a thread, by loads and stores of 16 bytes: a quarter of the instructions for the same bytes, and four
//     loads of 16 bytes on the way at once. What is left over, and tensors that begin at no multiple of 16, go singly.
#include "kernels/adam/adam_device.h"
#include "kernels/launch/vector.h"

namespace ceir {
namespace {

__device__ AdamElement adam_of(const AdamUpdate<float>& a, float w, float g, float m, float v) {
  return adam_step(w, g, m, v, a.beta1, a.beta2, a.eps, a.step_size, a.sqrt_correction, a.shrink);
}

__global__ void adam_vector(const AdamUpdate<float> a, bool aligned) {
  const int64_t i = 4 * (int64_t{blockIdx.x} * blockDim.x + threadIdx.x);
  if (aligned && i + 4 <= a.n) {
    const float4 w = load4(a.w + i), g = load4(a.g + i), m = load4(a.m + i), v = load4(a.v + i);
    const AdamElement x = adam_of(a, w.x, g.x, m.x, v.x), y = adam_of(a, w.y, g.y, m.y, v.y);
    const AdamElement z = adam_of(a, w.z, g.z, m.z, v.z), u = adam_of(a, w.w, g.w, m.w, v.w);
    store4(a.w + i, make_float4(x.w, y.w, z.w, u.w));
    store4(a.m + i, make_float4(x.m, y.m, z.m, u.m));
    store4(a.v + i, make_float4(x.v, y.v, z.v, u.v));
    return;
  }
  for (int64_t k = i; k < i + 4 && k < a.n; k++) {
    const AdamElement e = adam_of(a, a.w[k], a.g[k], a.m[k], a.v[k]);
    a.w[k] = e.w, a.m[k] = e.m, a.v[k] = e.v;
  }
}

bool aligned(const AdamUpdate<float>& a) {
  return (reinterpret_cast<uintptr_t>(a.w) | reinterpret_cast<uintptr_t>(a.g) | reinterpret_cast<uintptr_t>(a.m) | reinterpret_cast<uintptr_t>(a.v)) % 16 == 0;
}

}  // namespace

void adam_v2_vector(const AdamUpdate<float>& a) { launch(adam_vector, blocks_for(a.n, 1024), dim3(256), 0, a, aligned(a)); }

}  // namespace ceir
