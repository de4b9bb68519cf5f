// The reference on vectors, written once and compiled for each instruction set: the same products and sums, our own e^x.
#pragma once
#include "kernels/base/simd_loops.h"
#include "kernels/base/simd_math.h"
#include "kernels/latent/latent.h"
#include "kernels/losses/losses_loops.h"

namespace ceir::simd {
namespace {

static_assert(latent_block == losses_block);

inline void latent_forward(const Latent<float>& a) {
  parallel_for(a.n, latent_block, [&](int64_t begin, int64_t end) {
    float e[latent_block];  // e^logvar: 16 KiB, which stay in the first-level cache
    sweep<F32>(begin, end, [&](int64_t i, auto at) {
      const F32 logvar = at.load(a.logvar + i);
      at.store(a.z + i, at.load(a.mu + i) + exp_of(F32::set(0.5f) * logvar) * at.load(a.noise + i));
      at.store(e + (i - begin), exp_of(logvar));
    });
    const float* mu = a.mu + begin;
    const float* logvar = a.logvar + begin;
    a.sums[begin / latent_block] = lane_sum<float>(0, end - begin, [&](int64_t i) { return 0.5f * (mu[i] * mu[i] + e[i] - 1 - logvar[i]); });
  });
  double total = 0;
  for (int64_t b = 0; b * latent_block < a.n; b++) total += a.sums[b];
  a.sums[0] = total;
  if (a.total) *a.total = static_cast<float>(total);
}

inline void latent_backward(const LatentBackward<float>& a) {
  const F32 weight = F32::set(a.weight_there ? *a.weight_there : a.weight), half = F32::set(0.5f), one = F32::set(1.0f);
  parallel_for(a.n, latent_block, [&](int64_t begin, int64_t end) {
    sweep<F32>(begin, end, [&](int64_t i, auto at) {
      const F32 dz = at.load(a.dz + i), logvar = at.load(a.logvar + i);
      at.store(a.dlogvar + i, half * (dz * at.load(a.noise + i) * exp_of(half * logvar) + weight * (exp_of(logvar) - one)));
      at.store(a.dmu + i, dz + weight * at.load(a.mu + i));
    });
  });
}

}  // namespace
}  // namespace ceir::simd
