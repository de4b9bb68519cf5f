// v5: two tiles of each operand in shared memory: while one is multiplied, cp.async brings the next from global memory without
//     passing through registers, so that the waiting for memory hides behind arithmetic. One barrier a step is left of two: the
//     tile that is filled is not the one that is read.
// needs sm_80
#include "kernels/gemm/gemm_device.h"
#include "kernels/launch/async_copy.h"
#include "kernels/launch/vector.h"

namespace ceir {
namespace {

constexpr int tile = 64, depth = 16, threads = 256, pitch = tile + 4;

struct Tiles {
  float a[depth][pitch], b[depth][pitch];
};

// Starts copying the tiles that begin at p; zeros beyond the edges.
__device__ inline void start_copy(Tiles& to, const Gemm<float>& g, int64_t row, int64_t column, int64_t p) {
  for (int e = threadIdx.x; e < tile * depth; e += threads) {
    const int ai = g.a_col == 1 ? e / depth : e % tile, ap = g.a_col == 1 ? e % depth : e / tile;
    const bool a_inside = row + ai < g.m && p + ap < g.k;
    copy_async4(&to.a[ap][ai], a_inside ? g.a + (row + ai) * g.a_row + (p + ap) * g.a_col : g.a, a_inside);
    const int bj = g.b_col == 1 ? e % tile : e / depth, bp = g.b_col == 1 ? e / tile : e % depth;
    const bool b_inside = p + bp < g.k && column + bj < g.n;
    copy_async4(&to.b[bp][bj], b_inside ? g.b + (p + bp) * g.b_row + (column + bj) * g.b_col : g.b, b_inside);
  }
  copy_async_commit();
}

__global__ void __launch_bounds__(threads) gemm_async(const Gemm<float> all) {
  const Gemm<float> g = own_product(all);
  __shared__ __align__(16) Tiles tiles[2];
  const int t = threadIdx.x, x = 4 * (t % 16), y = 4 * (t / 16);
  const int64_t row = int64_t{blockIdx.y} * tile, column = int64_t{blockIdx.x} * tile;
  float sum[4][4] = {};
  if (g.k > 0) start_copy(tiles[0], g, row, column, 0);
  int now = 0;
  for (int64_t p = 0; p < g.k; p += depth, now ^= 1) {
    copy_async_wait<0>();
    __syncthreads();  // all threads' copies are there, and all are done with the other tile
    if (p + depth < g.k) start_copy(tiles[now ^ 1], g, row, column, p + depth);
#pragma unroll
    for (int q = 0; q < depth; q++) {
      const float4 u = load4(&tiles[now].a[q][y]), v = load4(&tiles[now].b[q][x]);
      const float left[4] = {u.x, u.y, u.z, u.w}, right[4] = {v.x, v.y, v.z, v.w};
#pragma unroll
      for (int i = 0; i < 4; i++)
#pragma unroll
        for (int j = 0; j < 4; j++) sum[i][j] = fmaf(left[i], right[j], sum[i][j]);
    }
  }
#pragma unroll
  for (int i = 0; i < 4; i++)
#pragma unroll
    for (int j = 0; j < 4; j++) finish(g, row + y + i, column + x + j, sum[i][j]);
}

}  // namespace

void gemm_v5_async(const Gemm<float>& g) {
  launch_batch(gemm_async, dim3(block_count(g.n, tile), block_count(g.m, tile)), dim3(threads), 0, g);
}

}  // namespace ceir
