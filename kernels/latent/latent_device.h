// One element of the latent code for a thread of a GPU, and the sum of the blocks' divergences.
#pragma once
#include "kernels/latent/latent.h"
#include "kernels/launch/warp.h"

namespace ceir {

constexpr int latent_threads = 256;

__device__ inline float latent_code(float mu, float logvar, float noise) { return mu + expf(0.5f * logvar) * noise; }
__device__ inline float latent_divergence(float mu, float logvar) { return 0.5f * (mu * mu + expf(logvar) - 1 - logvar); }
__device__ inline float latent_dlogvar(float logvar, float noise, float dz, float weight) {
  return 0.5f * (dz * noise * expf(0.5f * logvar) + weight * (expf(logvar) - 1));
}

__device__ inline float latent_weight(const LatentBackward<float>& a) { return a.weight_there ? *a.weight_there : a.weight; }

// to[0] = the sum of all blocks', and rounded in *rounded_to unless that is null; one block of latent_threads.
__global__ static void latent_add_blocks(double* to, float* rounded_to, const double* sums, int64_t blocks) {
  __shared__ double of_warp[32];
  double sum = 0;
  for (int64_t b = threadIdx.x; b < blocks; b += latent_threads) sum += sums[b];
  const double total = block_sum(sum, of_warp);
  if (threadIdx.x > 0) return;
  to[0] = total;
  if (rounded_to) *rounded_to = static_cast<float>(total);
}

}  // namespace ceir
