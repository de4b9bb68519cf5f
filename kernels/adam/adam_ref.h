// Adam, plainly.
#pragma once
#include <cmath>

#include "kernels/adam/adam.h"
#include "kernels/base/threads.h"

namespace ceir {

template <class T> void adam_ref(const AdamUpdate<T>& update) {
  const AdamUpdate<T> a = adam_with_rates(update);
  parallel_for(a.n, 16384, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const T g = a.g[i];
      const T m = a.beta1 * a.m[i] + (1 - a.beta1) * g;
      const T v = a.beta2 * a.v[i] + (1 - a.beta2) * (g * g);
      a.m[i] = m;
      a.v[i] = v;
      a.w[i] = a.shrink * a.w[i] - a.step_size * (m / (std::sqrt(v) / a.sqrt_correction + a.eps));
    }
  });
}

}  // namespace ceir
