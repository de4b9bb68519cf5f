// Tiles of the fused rungs: 32 rows of a head in shared memory, four threads a row. Thread 4 i + m has row i; of the columns it
// keeps m, m + 4, ... in registers. A row of a tile is one float longer than the head is wide, so that the eight rows which a
// warp reads at once lie in different banks.
#pragma once
#include "kernels/attention/attention_backward.h"

namespace ceir {

constexpr int tile_rows = 32, tile_threads = 128;

// Rows [first, first + count) of head (b, h); zeros from `total` on.
__device__ inline void fetch_tile(float* tile, const float* x, const HeadStrides& at, int64_t b, int64_t h, int64_t first, int count, int64_t total, int size) {
  for (int e = threadIdx.x; e < count * size; e += tile_threads) {
    const int r = e / size, d = e % size;
    tile[r * (size + 1) + d] = first + r < total ? row_of(x, at, b, h, first + r)[d] : 0;
  }
}

// sum[k] += weight row[m + 4 k]
template <int per_thread>
__device__ inline void add_weighted(float (&sum)[per_thread], float weight, const float* row, int m, int size) {
#pragma unroll
  for (int k = 0; k < per_thread; k++)
    if (m + 4 * k < size) sum[k] = weighted(sum[k], weight, row[m + 4 * k]);
}

// Calls start.operator()<n>() with the least n of columns a thread for heads of this size.
template <class Start>
void with_columns(int64_t size, const Start& start) {
  if (size <= 32) start.template operator()<8>();
  else if (size <= 64) start.template operator()<16>();
  else if (size <= 80) start.template operator()<20>();
  else start.template operator()<32>();
}

}  // namespace ceir
