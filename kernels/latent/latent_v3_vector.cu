// v3: four elements a thread by loads and stores of 16 bytes, and blocks of 1024 elements: a batch of 64 by 64 is one of v2's
//     blocks, and four of these. What is left over, and arrays that begin at no multiple of 16, go singly: the same elements of
//     the same thread, in the same order, so the same bits.
#include "kernels/latent/latent_device.h"
#include "kernels/launch/vector.h"

namespace ceir {
namespace {

constexpr int64_t block_size = 4 * latent_threads;

struct Four {
  float v[4];
};

__device__ inline Four load_four(const float* p, bool whole, int64_t left) {
  if (whole) {
    const float4 v = load4(p);
    return {v.x, v.y, v.z, v.w};
  }
  Four four{};
#pragma unroll
  for (int k = 0; k < 4; k++)
    if (k < left) four.v[k] = p[k];
  return four;
}

__device__ inline void store_four(float* p, const Four& four, bool whole, int64_t left) {
  if (whole) return store4(p, make_float4(four.v[0], four.v[1], four.v[2], four.v[3]));
#pragma unroll
  for (int k = 0; k < 4; k++)
    if (k < left) p[k] = four.v[k];
}

__global__ void latent_vector(const Latent<float> a, double* sums, bool aligned) {
  __shared__ double of_warp[32];
  const int64_t i = int64_t{blockIdx.x} * block_size + 4 * threadIdx.x, left = a.n - i;
  const bool whole = aligned && left >= 4;
  float sum = 0;
  if (left > 0) {
    const Four mu = load_four(a.mu + i, whole, left), logvar = load_four(a.logvar + i, whole, left), noise = load_four(a.noise + i, whole, left);
    Four z;
#pragma unroll
    for (int k = 0; k < 4; k++) {
      z.v[k] = latent_code(mu.v[k], logvar.v[k], noise.v[k]);
      sum += latent_divergence(mu.v[k], logvar.v[k]);  // 0 of the zeros beyond the end
    }
    store_four(a.z + i, z, whole, left);
  }
  const double total = block_sum(static_cast<double>(sum), of_warp);
  if (threadIdx.x == 0) sums[blockIdx.x] = total;
}

__global__ void latent_backward_vector(const LatentBackward<float> a, bool aligned) {
  const int64_t i = int64_t{blockIdx.x} * block_size + 4 * threadIdx.x, left = a.n - i;
  if (left <= 0) return;
  const bool whole = aligned && left >= 4;
  const Four mu = load_four(a.mu + i, whole, left), logvar = load_four(a.logvar + i, whole, left), noise = load_four(a.noise + i, whole, left);
  const Four dz = load_four(a.dz + i, whole, left);
  const float weight = latent_weight(a);
  Four dmu, dlogvar;
#pragma unroll
  for (int k = 0; k < 4; k++) {
    dlogvar.v[k] = latent_dlogvar(logvar.v[k], noise.v[k], dz.v[k], weight);
    dmu.v[k] = dz.v[k] + weight * mu.v[k];
  }
  store_four(a.dlogvar + i, dlogvar, whole, left);
  store_four(a.dmu + i, dmu, whole, left);
}

bool aligned(std::initializer_list<const void*> pointers) {
  uintptr_t all = 0;
  for (const void* p : pointers) all |= reinterpret_cast<uintptr_t>(p);
  return all % 16 == 0;
}

}  // namespace

void latent_v3_vector(const Latent<float>& a) {
  const int64_t blocks = block_count(a.n, block_size);
  auto* sums = static_cast<double*>(device_workspace(static_cast<size_t>(blocks) * sizeof(double)));  // more than a.sums has
  launch(latent_vector, blocks_for(blocks, 1), dim3(latent_threads), 0, a, sums, aligned({a.mu, a.logvar, a.noise, a.z}));
  launch(latent_add_blocks, dim3(1), dim3(latent_threads), 0, a.sums, a.total, sums, blocks);
}

void latent_backward_v3_vector(const LatentBackward<float>& a) {
  launch(latent_backward_vector, blocks_for(a.n, block_size), dim3(latent_threads), 0, a,
         aligned({a.mu, a.logvar, a.noise, a.dz, a.dmu, a.dlogvar}));
}

}  // namespace ceir
