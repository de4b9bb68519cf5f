// One element of Adam for a thread of a GPU. Products and sums are rounded one by one, as on the CPU: a fused multiply-add
// would round once less, and training on a GPU would part from training on the CPU at the first step.
#pragma once
#include "kernels/adam/adam.h"
#include "kernels/launch/launch.h"

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

}  // namespace ceir
