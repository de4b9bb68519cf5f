// What the rungs with tensor cores share: a warp has 16 queries, and products of them with a tile of keys lie in registers as the
// instructions leave them (kernels/launch/tensor_core.h): lane 4 group + member holds, of each eight keys, the two at 2 member,
// [0] and [1] for query group, [2] and [3] for query group + 8. The running maximum and sum never leave the four lanes of a row.
#pragma once
#include <cfloat>

#include "kernels/attention/attention_device.h"
#include "kernels/launch/async_copy.h"
#include "kernels/launch/warp.h"

namespace ceir {

__device__ inline int lane_group() { return threadIdx.x % 32 / 4; }
__device__ inline int lane_member() { return threadIdx.x % 4; }

// Of the four lanes of a row.
__device__ inline float row_max(float v) {
  v = fmaxf(v, __shfl_xor_sync(0xffffffffu, v, 1));
  return fmaxf(v, __shfl_xor_sync(0xffffffffu, v, 2));
}
__device__ inline float row_sum(float v) {
  v += __shfl_xor_sync(0xffffffffu, v, 1);
  return v + __shfl_xor_sync(0xffffffffu, v, 2);
}

// Starts copying columns d to d + 3 of a row of head (b, h) to shared memory: zeros from row `total` and from column `size` on.
// fours: 16 bytes can be copied at a time (aligned_for_fours).
__device__ inline void start_four(float* to, const float* x, const HeadStrides& at, int64_t b, int64_t h, int64_t row, int64_t total, int d, int size, bool fours) {
  const float* from = row_of(x, at, b, h, row) + d;
  const bool inside = row < total;
  if (fours) {
    copy_async16(to, inside && d < size ? from : x, inside && d < size);
  } else {
#pragma unroll
    for (int c = 0; c < 4; c++) copy_async4(to + c, inside && d + c < size ? from + c : x, inside && d + c < size);
  }
}
// The same for rows [first, first + rows), `pitch` floats apart. A thread always copies the same places of a tile.
template <int rows, int columns, int pitch, int threads>
__device__ inline void start_rows(float* to, const float* x, const HeadStrides& at, int64_t b, int64_t h, int64_t first, int64_t total, int size, bool fours) {
#pragma unroll 1
  for (int e = threadIdx.x; e < rows * columns / 4; e += threads) {
    const int r = e / (columns / 4), d = e % (columns / 4) * 4;
    start_four(to + r * pitch + d, x, at, b, h, first + r, total, d, size, fours);
  }
}
inline bool aligned_for_fours(const float* x, const HeadStrides& at, int64_t size) {
  return reinterpret_cast<uintptr_t>(x) % 16 == 0 && at.batch % 4 == 0 && at.head % 4 == 0 && at.row % 4 == 0 && size % 4 == 0;
}

// The warp's 16 queries from `first` on as 16-bit left factors, 16 columns each; zeros beyond the head.
template <class Half, int columns>
__device__ inline void load_queries(uint32_t (&q)[columns / 16][4], const Attention<float>& a, int64_t b, int64_t h, int64_t first) {
#pragma unroll
  for (int i = 0; i < columns / 16; i++)
#pragma unroll
    for (int e = 0; e < 4; e++) {
      const int64_t query = first + lane_group() + 8 * (e % 2);
      const int d = 16 * i + 2 * lane_member() + 8 * (e / 2);
      const float* from = row_of(a.q, a.q_at, b, h, query) + d;
      const bool there = query < a.queries;
      q[i][e] = Half::pair(there && d < a.size ? from[0] : 0, there && d + 1 < a.size ? from[1] : 0);
    }
}

// Rows query and query + 8 of a lane.
struct OnlineSoftmax {
  float largest[2] = {-INFINITY, -INFINITY}, total[2] = {0, 0};  // total: of this lane's keys

  // Products q k^T with the keys j0 ... -> weights e^(score - largest). What was summed before is to be multiplied by shrink.
  template <int tiles>
  __device__ void take(float (&s)[tiles][4], float (&shrink)[2], const Attention<float>& a, int64_t b, int64_t query, int j0) {
    const int there = min(static_cast<int>(a.keys) - j0, 8 * tiles);
    const uint8_t* mask = a.mask ? a.mask + b * a.keys + j0 : nullptr;
    int seen[2];
    float larger[2];
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const int own = static_cast<int>(query) + 8 * half - j0 + 1;  // keys up to its own
      seen[half] = a.causal ? min(own, there) : there;
      larger[half] = largest[half];
    }
#pragma unroll
    for (int i = 0; i < tiles; i++)
#pragma unroll
      for (int c = 0; c < 2; c++) {
        const int key = 8 * i + 2 * lane_member() + c;
        const bool hidden = mask && key < there && mask[key] == 0;
#pragma unroll
        for (int half = 0; half < 2; half++) {
          float& x = s[i][2 * half + c];
          x = hidden || key >= seen[half] ? -INFINITY : a.scale * x;
          larger[half] = fmaxf(larger[half], x);
        }
      }
#pragma unroll
    for (int half = 0; half < 2; half++) {
      larger[half] = row_max(larger[half]);
      shrink[half] = largest[half] == -INFINITY ? 1 : expf(largest[half] - larger[half]);
      total[half] *= shrink[half], largest[half] = larger[half];
    }
#pragma unroll
    for (int i = 0; i < tiles; i++)
#pragma unroll
      for (int e = 0; e < 4; e++) {
        float& x = s[i][e];
        x = x == -INFINITY ? 0 : expf(x - larger[e / 2]);
        total[e / 2] += x;
      }
  }
};

// A query by the formula, a lane a key, then a lane a column: where an infinity or a NaN is about. Tensor cores multiply also
// what has no weight, and 0 x infinity is no number.
template <int columns>
__device__ inline void plain_row(const Attention<float>& a, int64_t b, int64_t h, int64_t query) {
  const int lane = threadIdx.x % 32;
  const int64_t seen = a.causal ? min(a.keys, query + 1) : a.keys;
  float largest = -INFINITY, total = 0, sum[columns / 32 + 1] = {};
  const auto score = [&](int64_t key) { return key < seen && sees(a, b, query, key) ? score_of(a, b, h, query, key) : -INFINITY; };
  for (int64_t j0 = 0; j0 < seen; j0 += 32) largest = fmaxf(largest, score(j0 + lane));
  largest = warp_max(largest);
  for (int64_t j0 = 0; j0 < seen; j0 += 32) {
    const float s = score(j0 + lane), e = s == -INFINITY ? 0 : expf(s - largest);
    total += e;
    for (int j = 0; j < 32; j++) {
      const float weight = __shfl_sync(0xffffffffu, e, j);
      if (weight == 0) continue;
      const float* v = row_of(a.v, a.v_at, b, h, j0 + j);
#pragma unroll
      for (int k = 0; k < columns / 32 + 1; k++)
        if (lane + 32 * k < a.size) sum[k] = fmaf(weight, v[lane + 32 * k], sum[k]);
    }
  }
  total = warp_sum(total);
  float* o = row_of(a.o, a.o_at, b, h, query);
#pragma unroll
  for (int k = 0; k < columns / 32 + 1; k++)
    if (lane + 32 * k < a.size) o[lane + 32 * k] = sum[k] / total;
  if (a.logsumexp && lane == 0) a.logsumexp[(b * a.heads + h) * a.queries + query] = largest + logf(total);
}

// Writes the warp's 16 rows, from query `first` on: sums o of weighted values, eight columns a tile. A row that holds something
// not finite is computed again.
template <int tiles>
__device__ inline void finish_rows(const Attention<float>& a, int64_t b, int64_t h, int64_t first, float (&o)[tiles][4], OnlineSoftmax& sums) {
  unsigned lost[2];
#pragma unroll
  for (int half = 0; half < 2; half++) {
    const int64_t query = first + lane_group() + 8 * half;
    const float total = row_sum(sums.total[half]), inverse = total == 0 ? 0 : 1 / total;  // 0: a query that sees no key
    float zero = 0;  // 0 times a number that is finite is 0
#pragma unroll
    for (int i = 0; i < tiles; i++)
#pragma unroll
      for (int e = 2 * half; e < 2 * half + 2; e++) zero = fmaf(0, o[i][e] *= inverse, zero);
    lost[half] = __ballot_sync(0xffffffffu, zero != 0);
    if (query >= a.queries || (lost[half] >> 4 * lane_group() & 15) != 0) continue;
    float* to = row_of(a.o, a.o_at, b, h, query);
#pragma unroll
    for (int i = 0; i < tiles; i++)
#pragma unroll
      for (int c = 0; c < 2; c++)
        if (8 * i + 2 * lane_member() + c < a.size) to[8 * i + 2 * lane_member() + c] = o[i][2 * half + c];
    if (a.logsumexp && lane_member() == 0)
      a.logsumexp[(b * a.heads + h) * a.queries + query] = total == 0 ? -INFINITY : sums.largest[half] + logf(total);
  }
#pragma unroll 1
  for (int r = 0; r < 16 && first + r < a.queries; r++)
    if (((r < 8 ? lost[0] : lost[1]) >> 4 * (r % 8) & 15) != 0) plain_row<8 * tiles>(a, b, h, first + r);
}

// Calls with.operator()<n>() for the least number n of columns that these rungs have and the head fits into.
template <class With>
void with_warp_columns(int64_t size, const With& with) {
  if (size <= 32) with.template operator()<32>();
  else if (size <= 64) with.template operator()<64>();
  else if (size <= 80) with.template operator()<80>();
  else with.template operator()<128>();
}
}  // namespace ceir
