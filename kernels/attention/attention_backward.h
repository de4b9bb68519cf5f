// What the fused backward rungs share.
#pragma once
#include "kernels/attention/attention_device.h"

namespace ceir {

__device__ inline float dot_of(const float* x, const float* y, int size) {
  float sum = 0;
  for (int d = 0; d < size; d++) sum = fmaf(x[d], y[d], sum);
  return sum;
}

// sum_j p_ij (do_i v_j^T) = do_i o_i^T, a thread a query.
static __global__ void attention_means(float* mean, const AttentionBackward<float> g) {
  const Attention<float>& a = g.forward;
  const int64_t r = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (r >= a.batch * a.heads * a.queries) return;
  const int64_t bh = r / a.queries, b = bh / a.heads, h = bh % a.heads, t = r % a.queries;
  mean[r] = dot_of(row_of(g.d_o, g.do_at, b, h, t), row_of(a.o, a.o_at, b, h, t), static_cast<int>(a.size));
}

struct Weight {
  float p, ds;
};
// Of a query and a key whose products q k^T and do v^T these are.
__device__ inline Weight weight_of(const Attention<float>& a, int64_t b, int64_t bh, int64_t query, int64_t key, float qk, float dov, const float* mean) {
  if (query >= a.queries || key >= a.keys || !sees(a, b, query, key)) return {0, 0};
  const float p = expf(a.scale * qk - a.logsumexp[bh * a.queries + query]);
  return {p, p == 0 ? 0 : a.scale * p * (dov - mean[bh * a.queries + query])};
}

}  // namespace ceir
