// v2: a thread does a column of cos_cubed_block rows only, so that 50,000 rows are 196 times the threads; a small kernel
//     adds the parts in order. The parts are the CPU's, and so is the order: fixed by the number of rows. The price is
//     more launches, and parts written and read again: 1 in 256 of what is read anyway.
#include "kernels/cos_cubed/cos_cubed_device.h"

namespace ceir {
namespace {

constexpr int threads = cos_cubed_threads;
using Part = CosCubedPart;

__global__ void mean_parts(const CosCubed<float> a, unsigned across) {
  const Part part(a.rows, across);
  const int64_t n = a.columns, k = part.k;
  if (k >= n) return;
  double sum_q = 0, sum_p = 0;
  for (int64_t r = part.begin; r < part.end; r++) sum_q += a.q[r * n + k], sum_p += a.p[r * n + k];
  a.sums[2 * part.index * n + k] = sum_q, a.sums[(2 * part.index + 1) * n + k] = sum_p;
}

__global__ void write_means(const CosCubed<float> a) {
  const int64_t k = int64_t{blockIdx.x} * threads + threadIdx.x, n = a.columns;
  if (k >= n) return;
  a.mean_q[k] = static_cast<float>(a.sums[k] / static_cast<double>(a.rows)), a.mean_p[k] = static_cast<float>(a.sums[n + k] / static_cast<double>(a.rows));
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

__global__ void write_similarities(const CosCubed<float> a) {
  const int64_t k = int64_t{blockIdx.x} * threads + threadIdx.x, n = a.columns;
  if (k < n) write_similarity(a, k, {a.sums[k], a.sums[n + k], a.sums[2 * n + k]});
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

__global__ void gradient_centre(const CosCubedBackward<float> a, unsigned across) {
  const Part part(a.rows, across);
  const int64_t n = a.columns, k = part.k;
  if (k >= n) return;
  const float mean = static_cast<float>(a.sums[k] / static_cast<double>(a.rows));
  for (int64_t r = part.begin; r < part.end; r++) a.dx[r * n + k] -= mean;
}

__global__ void fill_columns(float* to, float value, int64_t n) {
  const int64_t k = int64_t{blockIdx.x} * threads + threadIdx.x;
  if (k < n) to[k] = value;
}

}  // namespace

void cos_cubed_v2_parts(const CosCubed<float>& a) {
  const int64_t n = a.columns, parts = block_count(a.rows, cos_cubed_block);
  const unsigned across = block_count(n, threads);
  const dim3 grid = blocks_for(parts * across, 1);
  launch(mean_parts, grid, dim3(threads), 0, a, across);
  launch(add_cube_parts, blocks_for(2 * n, 128), dim3(128), 0, a.sums, parts, 2 * n);
  launch(write_means, dim3(across), dim3(threads), 0, a);
  launch(product_parts, grid, dim3(threads), 0, a, across);
  launch(add_cube_parts, blocks_for(3 * n, 128), dim3(128), 0, a.sums, parts, 3 * n);
  launch(write_similarities, dim3(across), dim3(threads), 0, a);
}

void cos_cubed_backward_v2_parts(const CosCubedBackward<float>& a) {
  const int64_t n = a.columns, parts = block_count(a.rows, cos_cubed_block);
  const unsigned across = block_count(n, threads);
  const dim3 grid = blocks_for(parts * across, 1);
  launch(gradient_parts, grid, dim3(threads), 0, a, across);
  launch(add_cube_parts, blocks_for(n, 128), dim3(128), 0, a.sums, parts, n);
  launch(gradient_centre, grid, dim3(threads), 0, a, across);
}

// The two, one after the other.
void cos_cubed_step_v2_parts(const CosCubedStep<float>& a) {
  const int64_t n = a.columns, parts = block_count(a.rows, cos_cubed_block);
  auto* doubles = static_cast<double*>(device_workspace(static_cast<size_t>(n) * (static_cast<size_t>(3 * (parts + 1) + 2) * sizeof(double) + 3 * sizeof(float))));
  double *norm_q = doubles, *norm_p = doubles + n, *sums = doubles + 2 * n;
  auto* floats = reinterpret_cast<float*>(sums + 3 * (parts + 1) * n);
  float *mean_q = floats, *mean_p = floats + n, *ds = floats + 2 * n;
  launch(fill_columns, blocks_for(n, threads), dim3(threads), 0, ds, a.ds, n);
  cos_cubed_v2_parts({a.q, a.p, a.rows, n, a.similarity, mean_q, mean_p, norm_q, norm_p, sums});
  cos_cubed_backward_v2_parts({a.q, a.p, a.rows, n, a.similarity, ds, mean_q, mean_p, norm_q, norm_p, a.dq, sums});
}

}  // namespace ceir
