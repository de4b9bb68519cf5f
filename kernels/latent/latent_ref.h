// The plain implementation: one element at a time, the divergence in double.
#pragma once
#include <cmath>

#include "kernels/base/threads.h"
#include "kernels/latent/latent.h"

namespace ceir {

template <class T>
void latent_ref(const Latent<T>& a) {
  parallel_for(a.n, latent_block, [&](int64_t begin, int64_t end) {
    double sum = 0;
    for (int64_t i = begin; i < end; i++) {
      const T mu = a.mu[i], logvar = a.logvar[i];
      a.z[i] = mu + std::exp(T(0.5) * logvar) * a.noise[i];
      sum += static_cast<double>(T(0.5) * (mu * mu + std::exp(logvar) - 1 - logvar));
    }
    a.sums[begin / latent_block] = sum;
  });
  double total = 0;
  for (int64_t b = 0; b * latent_block < a.n; b++) total += a.sums[b];
  a.sums[0] = total;
}

template <class T>
void latent_backward_ref(const LatentBackward<T>& a) {
  parallel_for(a.n, latent_block, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const T dz = a.dz[i], logvar = a.logvar[i];
      a.dlogvar[i] = T(0.5) * (dz * a.noise[i] * std::exp(T(0.5) * logvar) + a.weight * (std::exp(logvar) - 1));
      a.dmu[i] = dz + a.weight * a.mu[i];
    }
  });
}

}  // namespace ceir
