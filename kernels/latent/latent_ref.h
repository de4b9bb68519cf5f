// The plain implementation: one element at a time. The divergence's terms are added in the order of kernels/losses.
#pragma once
#include <cmath>

#include "kernels/latent/latent.h"
#include "kernels/losses/losses_loops.h"

namespace ceir {

static_assert(latent_block == losses_block);

template <class T>
void latent_ref(const Latent<T>& a) {
  block_sum<T>(a.n, a.sums, a.total, [=](int64_t i) {
    const T mu = a.mu[i], logvar = a.logvar[i];
    a.z[i] = mu + std::exp(T(0.5) * logvar) * a.noise[i];
    return T(0.5) * (mu * mu + std::exp(logvar) - 1 - logvar);
  });
}

template <class T>
void latent_backward_ref(const LatentBackward<T>& a) {
  const T weight = a.weight_there ? *a.weight_there : a.weight;
  parallel_for(a.n, latent_block, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const T dz = a.dz[i], logvar = a.logvar[i];
      a.dlogvar[i] = T(0.5) * (dz * a.noise[i] * std::exp(T(0.5) * logvar) + weight * (std::exp(logvar) - 1));
      a.dmu[i] = dz + weight * a.mu[i];
    }
  });
}

}  // namespace ceir
