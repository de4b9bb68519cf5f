// v1: a block of 256 threads does losses_block elements, 16 a thread, neighbouring threads on neighbouring elements; the
//     derivative is written while they are there. Sums are in float for a thread's 16 elements and in double from there on:
//     a warp by shuffles, the block's warps in shared memory, and the blocks by a second kernel of one block. The partition is
//     fixed by the number of elements, so that the bits are the same on every GPU.
#include "kernels/launch/warp.h"
#include "kernels/losses/losses.h"

namespace ceir {
namespace {

constexpr int threads = 256;

// sums[b] = sum of term(i) over block b of losses_block elements.
template <class Term>
__device__ void sum_of_block(double* sums, int64_t n, const Term& term) {
  __shared__ double of_warp[32];
  const int64_t begin = int64_t{blockIdx.x} * losses_block, end = min(begin + losses_block, n);
  float sum = 0;
  for (int64_t i = begin + threadIdx.x; i < end; i += threads) sum += term(i);
  const double total = block_sum(static_cast<double>(sum), of_warp);
  if (threadIdx.x == 0) sums[blockIdx.x] = total;
}

__global__ void squared_error_block(const SquaredErrorSum<float> s) {
  sum_of_block(s.sums, s.n, [&](int64_t i) {
    const float d = s.a[i] - s.b[i];
    if (s.da) s.da[i] = d + d;
    return d * d;
  });
}

__global__ void binary_cross_entropy_block(const BinaryCrossEntropySum<float> s) {
  sum_of_block(s.sums, s.n, [&](int64_t i) {
    const float p = s.p[i], t = s.target[i];
    if (s.dp) {
      const float variance = p * (1 - p);
      s.dp[i] = (p - t) / (variance > 1e-12f ? variance : 1e-12f);
    }
    const float log_p = logf(p), log_q = log1pf(-p);  // -infinity at the ends; NaN stays NaN
    return (t - 1) * (log_q < -100 ? -100.0f : log_q) - t * (log_p < -100 ? -100.0f : log_p);
  });
}

__global__ void kl_gaussian_block(const KlGaussianSum<float> s) {
  sum_of_block(s.sums, s.n, [&](int64_t i) {
    const float mu = s.mu[i], e = s.exp_logvar[i];
    if (s.dlogvar) s.dlogvar[i] = 0.5f * (e - 1);
    return 0.5f * (mu * mu + e - 1 - s.logvar[i]);
  });
}

// sums[0] = the sum of all blocks', each thread's in ascending order, and rounded in *rounded unless that is null.
__global__ void sum_of_blocks(double* sums, float* rounded, int64_t blocks) {
  __shared__ double of_warp[32];
  double sum = 0;
  for (int64_t b = threadIdx.x; b < blocks; b += threads) sum += sums[b];
  const double total = block_sum(sum, of_warp);
  if (threadIdx.x > 0) return;
  sums[0] = total;
  if (rounded) *rounded = static_cast<float>(total);
}

template <class Args>
void start(void (*kernel)(Args), const Args& a) {
  launch(kernel, blocks_for(a.n, losses_block), dim3(threads), 0, a);
  launch(sum_of_blocks, dim3(1), dim3(threads), 0, a.sums, a.total, int64_t{block_count(a.n, losses_block)});
}

}  // namespace

void squared_error_v1_block(const SquaredErrorSum<float>& a) { start(squared_error_block, a); }
void binary_cross_entropy_v1_block(const BinaryCrossEntropySum<float>& a) { start(binary_cross_entropy_block, a); }
void kl_gaussian_v1_block(const KlGaussianSum<float>& a) { start(kl_gaussian_block, a); }

}  // namespace ceir
