// v3: a block of 16 x 16 threads brings 16 x 16 tiles of A and B into shared memory and uses each element 16 times from there:
//     a sixteenth of the global reads. Threads load along whichever dimension of the operand is dense, so transposed weights
//     are read in rows too. The tiles' rows have 17 floats: with 16, the lanes that read a column would meet in two banks.
#include "kernels/gemm/gemm_device.h"

namespace ceir {
namespace {

constexpr int tile = 16;

__global__ void gemm_shared(const Gemm<float> all) {
  const Gemm<float> g = own_product(all);
  __shared__ float a[tile][tile + 1], b[tile][tile + 1];  // (row, p), (p, column)
  const int x = threadIdx.x, y = threadIdx.y;
  const int64_t row = int64_t{blockIdx.y} * tile, column = int64_t{blockIdx.x} * tile;
  float sum = 0;
  for (int64_t p = 0; p < g.k; p += tile) {
    if (g.a_col == 1) a[y][x] = a_at(g, row + y, p + x);
    else a[x][y] = a_at(g, row + x, p + y);
    if (g.b_col == 1) b[y][x] = b_at(g, p + y, column + x);
    else b[x][y] = b_at(g, p + x, column + y);
    __syncthreads();  // the tiles are whole
    for (int q = 0; q < tile; q++) sum = fmaf(a[y][q], b[q][x], sum);
    __syncthreads();  // everybody is done with them
  }
  finish(g, row + y, column + x, sum);
}

}  // namespace

void gemm_v3_shared(const Gemm<float>& g) {
  launch_batch(gemm_shared, dim3(block_count(g.n, tile), block_count(g.m, tile)), dim3(tile, tile), 0, g);
}

}  // namespace ceir
