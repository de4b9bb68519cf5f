// v2: one kernel does an element's code and its part of the divergence while its three numbers are in registers: mu, logvar and
//     noise are read once and z written once, which is all that must be moved. A block adds up its 4096 terms, and one more
//     block the blocks'. Backward both gradients come from one reading likewise.
#include "kernels/latent/latent_device.h"

namespace ceir {
namespace {

__global__ void latent_fused(const Latent<float> a) {
  __shared__ double of_warp[32];
  const int64_t begin = int64_t{blockIdx.x} * latent_block, end = min(begin + latent_block, a.n);
  float sum = 0;
  for (int64_t i = begin + threadIdx.x; i < end; i += latent_threads) {
    const float mu = a.mu[i], logvar = a.logvar[i];
    a.z[i] = latent_code(mu, logvar, a.noise[i]);
    sum += latent_divergence(mu, logvar);
  }
  const double total = block_sum(static_cast<double>(sum), of_warp);
  if (threadIdx.x == 0) a.sums[blockIdx.x] = total;
}

__global__ void latent_backward_fused(const LatentBackward<float> a) {
  const int64_t i = int64_t{blockIdx.x} * latent_threads + threadIdx.x;
  if (i >= a.n) return;
  const float dz = a.dz[i], weight = latent_weight(a);
  a.dlogvar[i] = latent_dlogvar(a.logvar[i], a.noise[i], dz, weight);
  a.dmu[i] = dz + weight * a.mu[i];
}

}  // namespace

void latent_v2_fused(const Latent<float>& a) {
  launch(latent_fused, blocks_for(a.n, latent_block), dim3(latent_threads), 0, a);
  launch(latent_add_blocks, dim3(1), dim3(latent_threads), 0, a.sums, a.total, a.sums, int64_t{block_count(a.n, latent_block)});
}

void latent_backward_v2_fused(const LatentBackward<float>& a) {
  launch(latent_backward_fused, blocks_for(a.n, latent_threads), dim3(latent_threads), 0, a);
}

}  // namespace ceir
