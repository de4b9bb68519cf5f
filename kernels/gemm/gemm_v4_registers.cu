// v4: each of 256 threads keeps 4 x 4 elements of a 64 x 64 tile of C in registers. Per step of k it reads 4 + 4 floats from
//     shared memory, in two loads of 16 bytes, for 16 multiply-adds; v3 read 2 floats for each one. Both tiles are stored
//     with k as the row, so that the four floats of a thread lie side by side.
#include "kernels/gemm/gemm_device.h"
#include "kernels/launch/vector.h"

namespace ceir {
namespace {

constexpr int tile = 64, depth = 16, threads = 256, pitch = tile + 4;  // 4 more: rows stay multiples of 16 bytes, and a column spreads over banks

__global__ void __launch_bounds__(threads) gemm_registers(const Gemm<float> all) {
  const Gemm<float> g = own_product(all);
  __shared__ __align__(16) float a[depth][pitch];
  __shared__ __align__(16) float b[depth][pitch];
  const int t = threadIdx.x, x = 4 * (t % 16), y = 4 * (t / 16);
  const int64_t row = int64_t{blockIdx.y} * tile, column = int64_t{blockIdx.x} * tile;
  float sum[4][4] = {};
  for (int64_t p = 0; p < g.k; p += depth) {
    for (int e = t; e < tile * depth; e += threads) {  // neighbouring threads along what is dense
      const int ai = g.a_col == 1 ? e / depth : e % tile, ap = g.a_col == 1 ? e % depth : e / tile;
      a[ap][ai] = a_at(g, row + ai, p + ap);
      const int bj = g.b_col == 1 ? e % tile : e / depth, bp = g.b_col == 1 ? e / tile : e % depth;
      b[bp][bj] = b_at(g, p + bp, column + bj);
    }
    __syncthreads();  // the tiles are whole
#pragma unroll
    for (int q = 0; q < depth; q++) {
      const float4 u = load4(&a[q][y]), v = load4(&b[q][x]);
      const float left[4] = {u.x, u.y, u.z, u.w}, right[4] = {v.x, v.y, v.z, v.w};
#pragma unroll
      for (int i = 0; i < 4; i++)
#pragma unroll
        for (int j = 0; j < 4; j++) sum[i][j] = fmaf(left[i], right[j], sum[i][j]);
    }
    __syncthreads();  // everybody is done with them
  }
#pragma unroll
  for (int i = 0; i < 4; i++)
#pragma unroll
    for (int j = 0; j < 4; j++) finish(g, row + y + i, column + x + j, sum[i][j]);
}

}  // namespace

void gemm_v4_registers(const Gemm<float>& g) {
  launch_batch(gemm_registers, dim3(block_count(g.n, tile), block_count(g.m, tile)), dim3(threads), 0, g);
}

}  // namespace ceir
