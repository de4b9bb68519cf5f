// v1: a kernel a step, as a framework of ready-made operations does it: the deviation e^(logvar / 2), the code, the terms of the
//     divergence, their sum. What one kernel makes goes through memory to the next, and logvar and mu are fetched three times.
#include "kernels/latent/latent_device.h"

namespace ceir {
namespace {

__global__ void latent_deviation(float* deviation, const float* logvar, int64_t n) {
  const int64_t i = int64_t{blockIdx.x} * latent_threads + threadIdx.x;
  if (i < n) deviation[i] = expf(0.5f * logvar[i]);
}

__global__ void latent_shift(float* z, const float* mu, const float* deviation, const float* noise, int64_t n) {
  const int64_t i = int64_t{blockIdx.x} * latent_threads + threadIdx.x;
  if (i < n) z[i] = mu[i] + deviation[i] * noise[i];
}

__global__ void latent_terms(float* terms, const float* mu, const float* logvar, int64_t n) {
  const int64_t i = int64_t{blockIdx.x} * latent_threads + threadIdx.x;
  if (i < n) terms[i] = latent_divergence(mu[i], logvar[i]);
}

__global__ void latent_sum(double* sums, const float* terms, int64_t n) {
  __shared__ double of_warp[32];
  const int64_t begin = int64_t{blockIdx.x} * latent_block, end = min(begin + latent_block, n);
  float sum = 0;
  for (int64_t i = begin + threadIdx.x; i < end; i += latent_threads) sum += terms[i];
  const double total = block_sum(static_cast<double>(sum), of_warp);
  if (threadIdx.x == 0) sums[blockIdx.x] = total;
}

__global__ void latent_dmu(float* dmu, const float* dz, const float* mu, float weight, const float* weight_there, int64_t n) {
  const int64_t i = int64_t{blockIdx.x} * latent_threads + threadIdx.x;
  if (i < n) dmu[i] = dz[i] + (weight_there ? *weight_there : weight) * mu[i];
}

__global__ void latent_dlogvar_kernel(float* dlogvar, const float* dz, const float* noise, const float* logvar, float weight, const float* weight_there, int64_t n) {
  const int64_t i = int64_t{blockIdx.x} * latent_threads + threadIdx.x;
  if (i < n) dlogvar[i] = latent_dlogvar(logvar[i], noise[i], dz[i], weight_there ? *weight_there : weight);
}

}  // namespace

void latent_v1_separate(const Latent<float>& a) {
  float* between = static_cast<float*>(device_workspace(static_cast<size_t>(a.n) * sizeof(float)));
  const dim3 blocks = blocks_for(a.n, latent_threads), block(latent_threads);
  launch(latent_deviation, blocks, block, 0, between, a.logvar, a.n);
  launch(latent_shift, blocks, block, 0, a.z, a.mu, between, a.noise, a.n);
  launch(latent_terms, blocks, block, 0, between, a.mu, a.logvar, a.n);
  launch(latent_sum, blocks_for(a.n, latent_block), block, 0, a.sums, between, a.n);
  launch(latent_add_blocks, dim3(1), block, 0, a.sums, a.total, a.sums, int64_t{block_count(a.n, latent_block)});
}

void latent_backward_v1_separate(const LatentBackward<float>& a) {
  const dim3 blocks = blocks_for(a.n, latent_threads), block(latent_threads);
  launch(latent_dlogvar_kernel, blocks, block, 0, a.dlogvar, a.dz, a.noise, a.logvar, a.weight, a.weight_there, a.n);
  launch(latent_dmu, blocks, block, 0, a.dmu, a.dz, a.mu, a.weight, a.weight_there, a.n);  // last: dmu may be dz
}

}  // namespace ceir
