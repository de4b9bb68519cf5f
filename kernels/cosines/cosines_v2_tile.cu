// v2: a block of 16 x 16 threads brings 16 x 16 tiles of both sides into shared memory and uses each element 16 times. A thread squares
//     what it brings, on the way: the lengths cost no second reading of the rows, and rows of length 1 are never written.
#include "kernels/cosines/cosines_device.h"

namespace ceir {
namespace {

constexpr int tile = 16;

__global__ void cosines_tile(const Cosines<float> p) {
  __shared__ float a[tile][tile + 1], b[tile][tile + 1];       // (row, c)
  __shared__ double of_a[tile][tile + 1], of_b[tile][tile + 1];  // what each thread squared of a row
  const int x = threadIdx.x, y = threadIdx.y;
  const int64_t row = int64_t{blockIdx.x} * tile, column = int64_t{blockIdx.y} * tile;
  float sum = 0;
  double squares_a = 0, squares_b = 0;
  for (int64_t c = 0; c < p.width; c += tile) {
    const float u = row + y < p.n && c + x < p.width ? p.a[(row + y) * p.width + c + x] : 0;
    const float v = column + y < p.k && c + x < p.width ? p.b[(column + y) * p.width + c + x] : 0;
    a[y][x] = u, b[y][x] = v;
    squares_a += static_cast<double>(u) * static_cast<double>(u), squares_b += static_cast<double>(v) * static_cast<double>(v);
    __syncthreads();  // the tiles are whole
    for (int q = 0; q < tile; q++) sum = fmaf(a[y][q], b[x][q], sum);
    __syncthreads();  // everybody is done with them
  }
  of_a[y][x] = squares_a, of_b[y][x] = squares_b;
  __syncthreads();  // all parts of the lengths are there
  squares_a = 0, squares_b = 0;
  for (int q = 0; q < tile; q++) squares_a += of_a[y][q], squares_b += of_b[x][q];
  finish_cosine(p, row + y, column + x, sum, squares_a, squares_b);
}

}  // namespace

void cosines_v2_tile(const Cosines<float>& p) {
  launch(cosines_tile, dim3(block_count(p.n, tile), block_count(p.k, tile)), dim3(tile, tile), 0, p);
}

}  // namespace ceir
