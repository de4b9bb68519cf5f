// v3, backward: the five products of v2's two kernels on tensor cores, as the forward v3 does its two. Both kernels are one: a warp
//     has 16 rows of its own and walks over tiles of the others: queries over keys for dq, keys over queries for dk and dv. From
//     own rows x (q, or k) and x' (do, or v) and others' y (k, or q) and y' (v, or do) it makes x y^T and x' y'^T, from these the
//     weights p and ds where they lie in registers, and ds y, and for keys p y'. A tile comes while the one before is multiplied.
//     Each gradient is summed by one warp in a fixed order. cuda.v3 takes three tf32 products for one and keeps f32's digits.
// needs sm_80
#include "kernels/attention/attention_backward.h"
#include "kernels/attention/attention_tf32.h"

namespace ceir {
namespace {

constexpr int warps = 4, threads = 32 * warps, rows = 16 * warps;

// As registers and shared memory allow: rows of a tile of the others, and blocks of a multiprocessor.
template <int columns, bool exact, bool of_keys>
constexpr int others_of_tile = columns > 80 && exact && of_keys ? 8 : columns > 80 || (exact && columns > 64) ? 16 : 32;
template <int columns>
constexpr int blocks = columns <= 32 ? 3 : columns <= 64 ? 2 : 1;

// One side of the attention: its rows and those that go with them.
struct Side {
  const float *x, *with;
  HeadStrides x_at, with_at;
  int64_t total;
};

// The same of one row, by the formula: a lane one of the others, then a lane a column (attention_warp.h has it for the forward pass).
template <int columns, bool of_keys>
__device__ inline void plain_gradient(const AttentionBackward<float>& g, const float* mean, const Side& others, int64_t b, int64_t h, int64_t own) {
  const Attention<float>& a = g.forward;
  const int lane = threadIdx.x % 32, size = static_cast<int>(a.size);
  float sum[columns / 32 + 1] = {}, of_values[columns / 32 + 1] = {};
  for (int64_t o0 = 0; o0 < others.total; o0 += 32) {
    const int64_t other = o0 + lane, query = of_keys ? other : own, key = of_keys ? own : other;
    Weight w{0, 0};
    if (other < others.total && sees(a, b, query, key)) {
      const float qk = dot_of(row_of(a.q, a.q_at, b, h, query), row_of(a.k, a.k_at, b, h, key), size);
      const float dov = dot_of(row_of(g.d_o, g.do_at, b, h, query), row_of(a.v, a.v_at, b, h, key), size);
      w = weight_of(a, b, b * a.heads + h, query, key, qk, dov, mean);
    }
    for (int j = 0; j < 32; j++) {
      const float ds = __shfl_sync(0xffffffffu, w.ds, j), p = __shfl_sync(0xffffffffu, w.p, j);
      if (o0 + j >= others.total) break;
      const float *y = row_of(others.x, others.x_at, b, h, o0 + j), *with = row_of(others.with, others.with_at, b, h, o0 + j);
#pragma unroll
      for (int k = 0; k < columns / 32 + 1; k++) {
        if (lane + 32 * k >= size) continue;
        sum[k] = weighted(sum[k], ds, y[lane + 32 * k]);
        if constexpr (of_keys) of_values[k] = weighted(of_values[k], p, with[lane + 32 * k]);
      }
    }
  }
  float *to = of_keys ? row_of(g.dk, g.dk_at, b, h, own) : row_of(g.dq, g.dq_at, b, h, own), *to_values = row_of(g.dv, g.dv_at, b, h, own);
#pragma unroll
  for (int k = 0; k < columns / 32 + 1; k++) {
    if (lane + 32 * k >= size) continue;
    to[lane + 32 * k] = sum[k];
    if constexpr (of_keys) to_values[lane + 32 * k] = of_values[k];
  }
}

// Writes what a lane has of row `row`, [2 half] and [2 half + 1] of each tile of eight columns.
template <int tiles>
__device__ inline void put_row(float* row, const float (&x)[tiles][4], int half, int64_t size) {
#pragma unroll
  for (int i = 0; i < tiles; i++)
#pragma unroll
    for (int c = 0; c < 2; c++)
      if (8 * i + 2 * lane_member() + c < size) row[8 * i + 2 * lane_member() + c] = x[i][2 * half + c];
}
// 0, unless one of them is not finite.
template <int tiles>
__device__ inline float zero_of(const float (&x)[tiles][4], int half) {
  float zero = 0;
#pragma unroll
  for (int i = 0; i < tiles; i++)
#pragma unroll
    for (int c = 0; c < 2; c++) zero = fmaf(0, x[i][2 * half + c], zero);
  return zero;
}

template <int columns, bool exact, bool of_keys>
__global__ void __launch_bounds__(threads, blocks<columns>) attention_gradients(const AttentionBackward<float> g, const float* mean, int blocks_of_head, bool fours) {
  constexpr int others_at_once = others_of_tile<columns, exact, of_keys>, tiles = others_at_once / 8, pitch = columns + 4, tile = others_at_once * pitch;
  DYNAMIC_SHARED(float, shared);
  float* coming = shared + 2 * rows * pitch;  // the others' two tiles, twice
  const Attention<float>& a = g.forward;
  const Side queries{a.q, g.d_o, a.q_at, g.do_at, a.queries}, keys{a.k, a.v, a.k_at, a.v_at, a.keys};
  const Side own = of_keys ? keys : queries, others = of_keys ? queries : keys;
  const int bh = static_cast<int>(blockIdx.x) / blocks_of_head, b = bh / static_cast<int>(a.heads), h = bh - b * static_cast<int>(a.heads), size = static_cast<int>(a.size);
  const int of_block = static_cast<int>(blockIdx.x) % blocks_of_head * rows, first = of_block + static_cast<int>(threadIdx.x) / 32 * 16;
  const float *x = shared + threadIdx.x / 32 * 16 * pitch, *x_with = x + rows * pitch;
  float sum[columns / 8][4] = {}, of_values[of_keys ? columns / 8 : 1][4] = {};
  const auto start = [&](float* to, const Side& side, int from) {
    start_rows<others_at_once, columns, pitch, threads>(to, side.x, side.x_at, b, h, from, side.total, size, fours);
    start_rows<others_at_once, columns, pitch, threads>(to + tile, side.with, side.with_at, b, h, from, side.total, size, fours);
    copy_async_commit();
  };
  start_rows<rows, columns, pitch, threads>(shared, own.x, own.x_at, b, h, of_block, own.total, size, fours);
  start_rows<rows, columns, pitch, threads>(shared + rows * pitch, own.with, own.with_at, b, h, of_block, own.total, size, fours);
  // Causal: keys are seen by no earlier query, and queries see no later key.
  const int begin = of_keys && a.causal ? of_block : 0, end = static_cast<int>(!of_keys && a.causal ? min(others.total, int64_t{of_block} + rows) : others.total);
  start(coming, others, begin);
  int now = 0;
  for (int o0 = begin; o0 < end; o0 += others_at_once, now ^= 1) {
    copy_async_wait<0>();
    __syncthreads();  // all threads' copies are there, and all are done with the other tiles
    if (o0 + others_at_once < end) start(coming + 2 * tile * (now ^ 1), others, o0 + others_at_once);
    if (a.causal && (of_keys ? o0 + others_at_once <= first : o0 > first + 15)) continue;
    const float *y = coming + 2 * tile * now, *y_with = y + tile;
    float p[tiles][4], ds[tiles][4];
    row_products<columns, exact>(p, x, y);
    row_products<columns, exact>(ds, x_with, y_with);
#pragma unroll
    for (int j = 0; j < tiles; j++)
#pragma unroll
      for (int e = 0; e < 4; e++) {
        const int row = first + lane_group() + 8 * (e / 2), other = o0 + 8 * j + 2 * lane_member() + e % 2;
        const Weight w = weight_of(a, b, bh, of_keys ? other : row, of_keys ? row : other, p[j][e], ds[j][e], mean);
        p[j][e] = w.p, ds[j][e] = w.ds;
      }
    weighted_rows<columns, exact>(ds, y, [&](int i, int e, float of_tile) { sum[i][e] += of_tile; });
    if constexpr (of_keys) weighted_rows<columns, exact>(p, y_with, [&](int i, int e, float of_tile) { of_values[i][e] += of_tile; });
  }
  unsigned lost[2];
#pragma unroll
  for (int half = 0; half < 2; half++) {
    const int row = first + lane_group() + 8 * half;
    lost[half] = __ballot_sync(0xffffffffu, zero_of(sum, half) + zero_of(of_values, half) != 0);
    if (row >= own.total || (lost[half] >> 4 * lane_group() & 15) != 0) continue;
    put_row(of_keys ? row_of(g.dk, g.dk_at, b, h, row) : row_of(g.dq, g.dq_at, b, h, row), sum, half, a.size);
    if constexpr (of_keys) put_row(row_of(g.dv, g.dv_at, b, h, row), of_values, half, a.size);
  }
#pragma unroll 1
  for (int r = 0; r < 16 && first + r < own.total; r++)
    if (((r < 8 ? lost[0] : lost[1]) >> 4 * (r % 8) & 15) != 0) plain_gradient<columns, of_keys>(g, mean, others, b, h, first + r);
}

template <int columns, bool exact, bool of_keys>
void start(const AttentionBackward<float>& g, const float* mean) {
  const Attention<float>& a = g.forward;
  const int64_t blocks_of_head = block_count(of_keys ? a.keys : a.queries, rows);
  const bool fours = aligned_for_fours(a.q, a.q_at, a.size) && aligned_for_fours(a.k, a.k_at, a.size) && aligned_for_fours(a.v, a.v_at, a.size) && aligned_for_fours(g.d_o, g.do_at, a.size);
  launch(attention_gradients<columns, exact, of_keys>, blocks_for(a.batch * a.heads * blocks_of_head, 1), dim3(threads),
         (2 * rows + 4 * others_of_tile<columns, exact, of_keys>) * (columns + 4) * sizeof(float), g, mean, blocks_of_head, fours);
}
template <bool exact>
void backward(const AttentionBackward<float>& g) {
  const int64_t all = g.forward.batch * g.forward.heads * g.forward.queries;
  float* mean = static_cast<float*>(device_workspace(static_cast<size_t>(all) * sizeof(float)));
  launch(attention_means, blocks_for(all, 128), dim3(128), 0, mean, g);
  with_warp_columns(g.forward.size, [&]<int n>() {
    start<n, exact, false>(g, mean);
    start<n, exact, true>(g, mean);
  });
}

}  // namespace

void attention_backward_v3_split(const AttentionBackward<float>& g) { backward<true>(g); }
void attention_backward_v3_tf32(const AttentionBackward<float>& g) { backward<false>(g); }

}  // namespace ceir
