// What the rungs of the attention ladder share: where rows lie, and which keys a query sees.
#pragma once
#include "kernels/attention/attention.h"
#include "kernels/launch/launch.h"

namespace ceir {

// Row t of head (b, h).
__device__ inline const float* row_of(const float* x, const HeadStrides& at, int64_t b, int64_t h, int64_t t) {
  return x + b * at.batch + h * at.head + t * at.row;
}
__device__ inline float* row_of(float* x, const HeadStrides& at, int64_t b, int64_t h, int64_t t) {
  return x + b * at.batch + h * at.head + t * at.row;
}

__device__ inline bool sees(const Attention<float>& a, int64_t b, int64_t query, int64_t key) {
  return !(a.causal && key > query) && !(a.mask && a.mask[b * a.keys + key] == 0);
}

// scale q k^T of a query and a key.
__device__ inline float score_of(const Attention<float>& a, int64_t b, int64_t h, int64_t query, int64_t key) {
  const float *q = row_of(a.q, a.q_at, b, h, query), *k = row_of(a.k, a.k_at, b, h, key);
  float dot = 0;
  for (int64_t d = 0; d < a.size; d++) dot = fmaf(q[d], k[d], dot);
  return a.scale * dot;
}

// What a weight gives; a key without weight gives nothing, not even where its value is infinite or no number.
__device__ inline float weighted(float sum, float weight, float value) { return weight == 0 ? sum : fmaf(weight, value, sum); }

// How many images fit into about 256 MiB of scratch memory, with `matrices` of (heads, queries, keys) for each; at least one.
// Images are computed independently: an image's bits do not depend on it.
inline int64_t images_at_once(const Attention<float>& a, int64_t matrices) {
  const int64_t floats = matrices * a.heads * a.queries * a.keys, room = int64_t{64} << 20;
  const int64_t images = floats > 0 ? room / floats : a.batch;
  return images < 1 ? 1 : images < a.batch ? images : a.batch;
}

}  // namespace ceir
