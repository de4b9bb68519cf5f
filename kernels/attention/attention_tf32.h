// Products of a warp's 16 rows with a tile of other rows in tf32, for the rungs with tensor cores; rows lie in shared memory, `pitch`
// floats apart: 4 more than a multiple of 8, so that the fragments of both kinds of product lie in 32 different banks.
#pragma once
#include "kernels/attention/attention_warp.h"
#include "kernels/launch/tensor_core.h"

namespace ceir {

// A fragment in tf32, and when `exact` what its rounding lost.
template <int n, bool exact>
struct Fragment {
  uint32_t big[n], lost[n];
  __device__ void set(int e, float v) {
    big[e] = tf32_bits(v);
    if constexpr (exact) lost[e] = tf32_bits(v - __uint_as_float(big[e]));
  }
};
template <bool exact>
struct Sum {
  float big[4] = {}, lost[4] = {};
  __device__ void add(const Fragment<4, exact>& a, const Fragment<2, exact>& b) {
    mma_tf32(big, a.big, b.big);
    if constexpr (exact) {
      mma_tf32(lost, a.big, b.lost);
      mma_tf32(lost, a.lost, b.big);
    }
  }
  __device__ float at(int e) const { return exact ? big[e] + lost[e] : big[e]; }
};

// s = x y^T of the warp's rows x and 8 tiles rows y: of each eight, a lane gets what OnlineSoftmax says.
template <int columns, bool exact, int tiles>
__device__ inline void row_products(float (&s)[tiles][4], const float* x, const float* y) {
  constexpr int pitch = columns + 4;
  const int group = lane_group(), member = lane_member();
  Sum<exact> sums[tiles];
#pragma unroll
  for (int i = 0; i < columns / 8; i++) {
    Fragment<4, exact> left;
#pragma unroll
    for (int e = 0; e < 4; e++) left.set(e, x[(group + 8 * (e % 2)) * pitch + 8 * i + member + 4 * (e / 2)]);
#pragma unroll
    for (int j = 0; j < tiles; j++) {
      Fragment<2, exact> right;
#pragma unroll
      for (int e = 0; e < 2; e++) right.set(e, y[(8 * j + group) * pitch + 8 * i + member + 4 * e]);
      sums[j].add(left, right);
    }
  }
#pragma unroll
  for (int j = 0; j < tiles; j++)
#pragma unroll
    for (int e = 0; e < 4; e++) s[j][e] = sums[j].at(e);
}

// s y for such an s, as a lane holds it: use(i, e, v) for v of columns 8 i .., element e. Rows 2 member and 2 member + 1 of each
// eight, which this lane holds of s, take the places of k = member and member + 4, and so must those of y.
template <int columns, bool exact, int tiles, class Use>
__device__ inline void weighted_rows(const float (&s)[tiles][4], const float* y, const Use& use) {
  constexpr int pitch = columns + 4;
  const int group = lane_group(), member = lane_member();
#pragma unroll
  for (int i = 0; i < columns / 8; i++) {
    Sum<exact> sum;
#pragma unroll
    for (int j = 0; j < tiles; j++) {
      Fragment<4, exact> left;
      Fragment<2, exact> right;
#pragma unroll
      for (int e = 0; e < 4; e++) left.set(e, s[j][2 * (e % 2) + e / 2]);
#pragma unroll
      for (int e = 0; e < 2; e++) right.set(e, y[(8 * j + 2 * member + e) * pitch + 8 * i + group]);
      sum.add(left, right);
    }
#pragma unroll
    for (int e = 0; e < 4; e++) use(i, e, sum.at(e));
  }
}

}  // namespace ceir
