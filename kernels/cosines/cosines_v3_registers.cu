// v3: each of 256 threads keeps 4 x 4 sums of a 64 x 64 tile in registers: two loads of 16 bytes from shared memory for 16
//     multiply-adds, where v2 read 2 floats for each one. A thread brings, and squares, the same column of four rows.
#include "kernels/cosines/cosines_device.h"
#include "kernels/launch/vector.h"

namespace ceir {
namespace {

constexpr int tile = 64, depth = 16, threads = 256, pitch = tile + 4;

__global__ void __launch_bounds__(threads, 2) cosines_registers(const Cosines<float> p) {
  __shared__ __align__(16) float a[depth][pitch];
  __shared__ __align__(16) float b[depth][pitch];
  __shared__ double of_a[tile][depth + 1], of_b[tile][depth + 1];  // what each thread squared of a row
  __shared__ double squares_a[tile], squares_b[tile];
  const int t = threadIdx.x, x = 4 * (t % 16), y = 4 * (t / 16), mine = t % depth, first = t / depth;
  const int64_t row = int64_t{blockIdx.x} * tile, column = int64_t{blockIdx.y} * tile;
  float sum[4][4] = {};
  double part_a[4] = {}, part_b[4] = {};
  for (int64_t c = 0; c < p.width; c += depth) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const int r = first + 16 * i;
      const float u = row + r < p.n && c + mine < p.width ? p.a[(row + r) * p.width + c + mine] : 0;
      const float v = column + r < p.k && c + mine < p.width ? p.b[(column + r) * p.width + c + mine] : 0;
      a[mine][r] = u, b[mine][r] = v;
      part_a[i] += static_cast<double>(u) * static_cast<double>(u), part_b[i] += static_cast<double>(v) * static_cast<double>(v);
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
  for (int i = 0; i < 4; i++) of_a[first + 16 * i][mine] = part_a[i], of_b[first + 16 * i][mine] = part_b[i];
  __syncthreads();  // all parts of the lengths are there
  if (t < 2 * tile) {
    double squares = 0;
    for (int q = 0; q < depth; q++) squares += t < tile ? of_a[t][q] : of_b[t - tile][q];
    if (t < tile) squares_a[t] = squares;
    else squares_b[t - tile] = squares;
  }
  __syncthreads();  // the lengths are there
#pragma unroll
  for (int i = 0; i < 4; i++)
#pragma unroll
    for (int j = 0; j < 4; j++) finish_cosine(p, row + y + i, column + x + j, sum[i][j], squares_a[y + i], squares_b[x + j]);
}

}  // namespace

void cosines_v3_registers(const Cosines<float>& p) {
  launch(cosines_registers, dim3(block_count(p.n, tile), block_count(p.k, tile)), dim3(threads), 0, p);
}

}  // namespace ceir
