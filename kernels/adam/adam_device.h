// One element of Adam for a thread of a GPU. Products and sums are rounded one by one, as on the CPU: a fused multiply-add
// would round once less, and training on a GPU would part from training on the CPU at the first step.
#pragma once
#include "kernels/adam/adam.h"
#include "kernels/launch/vector.h"

namespace ceir {

struct AdamElement {
  float w, m, v;
};

__device__ inline AdamElement adam_step(float w, float g, float m, float v, float beta1, float beta2, float eps, float step_size,
                                        float sqrt_correction, float shrink) {
  m = __fadd_rn(__fmul_rn(beta1, m), __fmul_rn(1 - beta1, g));
  v = __fadd_rn(__fmul_rn(beta2, v), __fmul_rn(1 - beta2, __fmul_rn(g, g)));
  const float step = __fmul_rn(step_size, m / __fadd_rn(sqrtf(v) / sqrt_correction, eps));
  return {__fadd_rn(__fmul_rn(shrink, w), -step), m, v};
}

__device__ inline AdamUpdate<float> adam_at_hand(const AdamUpdate<float>& update) {
  AdamUpdate<float> a = update;
  if (a.rates) a.step_size = a.rates[0], a.sqrt_correction = a.rates[1], a.shrink = a.rates[2];
  return a;
}

__device__ inline AdamElement adam_of(const AdamUpdate<float>& a, float w, float g, float m, float v) {
  return adam_step(w, g, m, v, a.beta1, a.beta2, a.eps, a.step_size, a.sqrt_correction, a.shrink);
}

// Elements i to i + 3, by loads and stores of 16 bytes where that can be. aligned: all arrays begin at multiples of 16.
__device__ inline void adam_four(const AdamUpdate<float>& update, int64_t i, bool aligned) {
  const AdamUpdate<float> a = adam_at_hand(update);
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

inline bool adam_aligned(const AdamUpdate<float>& a) {
  return (reinterpret_cast<uintptr_t>(a.w) | reinterpret_cast<uintptr_t>(a.g) | reinterpret_cast<uintptr_t>(a.m) | reinterpret_cast<uintptr_t>(a.v)) % 16 == 0;
}

}  // namespace ceir
