// v2: a thread does a column of cos_cubed_block rows only, so that 50,000 rows are 196 times the threads; a second kernel adds
//     the parts in order. The parts are the CPU's, and so is the order: fixed by the number of rows. The price is a launch more
//     for each sum, and parts written and read again: 1 in 256 of what is read anyway.
#include "kernels/cos_cubed/cos_cubed_device.h"

namespace ceir {
namespace {

constexpr int threads = 128;

// Rows [begin, end) of column k, of block blockIdx.x of `across` blocks a part.
struct Part {
  int64_t index, k, begin, end;
  __device__ Part(int64_t rows, unsigned across) : index(blockIdx.x / across), k(int64_t{blockIdx.x % across} * threads + threadIdx.x) {
    begin = index * cos_cubed_block, end = min(begin + cos_cubed_block, rows);
  }
};

__global__ void mean_parts(const CosCubed<float> a, unsigned across) {
  const Part part(a.rows, across);
  const int64_t n = a.columns, k = part.k;
  if (k >= n) return;
  double sum_q = 0, sum_p = 0;
  for (int64_t r = part.begin; r < part.end; r++) sum_q += a.q[r * n + k], sum_p += a.p[r * n + k];
  a.sums[2 * part.index * n + k] = sum_q, a.sums[(2 * part.index + 1) * n + k] = sum_p;
}

__global__ void mean_sum(const CosCubed<float> a, int64_t parts) {
  const int64_t k = int64_t{blockIdx.x} * threads + threadIdx.x, n = a.columns;
  if (k >= n) return;
  double sum_q = 0, sum_p = 0;
  for (int64_t b = 0; b < parts; b++) sum_q += a.sums[2 * b * n + k], sum_p += a.sums[(2 * b + 1) * n + k];
  a.mean_q[k] = static_cast<float>(sum_q / static_cast<double>(a.rows)), a.mean_p[k] = static_cast<float>(sum_p / static_cast<double>(a.rows));
}

__global__ void product_parts(const CosCubed<float> a, unsigned across) {
  const Part part(a.rows, across);
  const int64_t n = a.columns, k = part.k;
  if (k >= n) return;
  const float mean_q = a.mean_q[k], mean_p = a.mean_p[k];
  CubeSums sums;
  for (int64_t r = part.begin; r < part.end; r++) sums.add(a.q[r * n + k] - mean_q, a.p[r * n + k] - mean_p);
  double* to = a.sums + 3 * part.index * n + k;
  to[0] = sums.qq, to[n] = sums.pp, to[2 * n] = sums.qp;
}

__global__ void product_sum(const CosCubed<float> a, int64_t parts) {
  const int64_t k = int64_t{blockIdx.x} * threads + threadIdx.x, n = a.columns;
  if (k >= n) return;
  CubeSums sums;
  for (int64_t b = 0; b < parts; b++) {
    const double* from = a.sums + 3 * b * n + k;
    sums.qq += from[0], sums.pp += from[n], sums.qp += from[2 * n];
  }
  write_similarity(a, k, sums);
}

__global__ void gradient_parts(const CosCubedBackward<float> a, unsigned across) {
  const Part part(a.rows, across);
  const int64_t n = a.columns, k = part.k;
  if (k >= n) return;
  const ColumnGradient gradient(a, k);
  double sum = 0;
  for (int64_t r = part.begin; r < part.end; r++) {
    const float g = gradient.of(a.x[r * n + k], a.other[r * n + k]);
    a.dx[r * n + k] = g;
    sum += g;
  }
  a.sums[part.index * n + k] = sum;
}

// Each part adds up all parts' sums again, in order: cheaper than a kernel between, and the same bits.
__global__ void gradient_centre(const CosCubedBackward<float> a, unsigned across, int64_t parts) {
  const Part part(a.rows, across);
  const int64_t n = a.columns, k = part.k;
  if (k >= n) return;
  double sum = 0;
  for (int64_t b = 0; b < parts; b++) sum += a.sums[b * n + k];
  const float mean = static_cast<float>(sum / static_cast<double>(a.rows));
  for (int64_t r = part.begin; r < part.end; r++) a.dx[r * n + k] -= mean;
}

}  // namespace

void cos_cubed_v2_parts(const CosCubed<float>& a) {
  const unsigned across = block_count(a.columns, threads);
  const int64_t parts = block_count(a.rows, cos_cubed_block);
  const dim3 grid = blocks_for(parts * across, 1);
  launch(mean_parts, grid, dim3(threads), 0, a, across);
  launch(mean_sum, dim3(across), dim3(threads), 0, a, parts);
  launch(product_parts, grid, dim3(threads), 0, a, across);
  launch(product_sum, dim3(across), dim3(threads), 0, a, parts);
}

void cos_cubed_backward_v2_parts(const CosCubedBackward<float>& a) {
  const unsigned across = block_count(a.columns, threads);
  const int64_t parts = block_count(a.rows, cos_cubed_block);
  const dim3 grid = blocks_for(parts * across, 1);
  launch(gradient_parts, grid, dim3(threads), 0, a, across);
  launch(gradient_centre, grid, dim3(threads), 0, a, across, parts);
}

}  // namespace ceir
