// v1: one thread does a column, pass after pass: its means, its cubes' products; backward the gradient, its mean, and the
//     mean taken out. Neighbouring threads read neighbouring columns, so nothing is wasted; but 143 concepts are 143 threads.
#include "kernels/cos_cubed/cos_cubed_device.h"

namespace ceir {
namespace {

constexpr int threads = 64;

__global__ void cos_cubed_naive(const CosCubed<float> a) {
  const int64_t k = int64_t{blockIdx.x} * threads + threadIdx.x, n = a.columns;
  if (k >= n) return;
  double sum_q = 0, sum_p = 0;
  for (int64_t r = 0; r < a.rows; r++) sum_q += a.q[r * n + k], sum_p += a.p[r * n + k];
  const float mean_q = static_cast<float>(sum_q / static_cast<double>(a.rows)), mean_p = static_cast<float>(sum_p / static_cast<double>(a.rows));
  CubeSums sums;
  for (int64_t r = 0; r < a.rows; r++) sums.add(a.q[r * n + k] - mean_q, a.p[r * n + k] - mean_p);
  a.mean_q[k] = mean_q, a.mean_p[k] = mean_p;
  write_similarity(a, k, sums);
}

__global__ void cos_cubed_backward_naive(const CosCubedBackward<float> a) {
  const int64_t k = int64_t{blockIdx.x} * threads + threadIdx.x, n = a.columns;
  if (k >= n) return;
  const ColumnGradient gradient(a, k);
  double sum = 0;
  for (int64_t r = 0; r < a.rows; r++) {
    const float g = gradient.of(a.x[r * n + k], a.other[r * n + k]);
    a.dx[r * n + k] = g;
    sum += g;
  }
  const float mean = static_cast<float>(sum / static_cast<double>(a.rows));
  for (int64_t r = 0; r < a.rows; r++) a.dx[r * n + k] -= mean;
}

}  // namespace

void cos_cubed_v1_naive(const CosCubed<float>& a) { launch(cos_cubed_naive, blocks_for(a.columns, threads), dim3(threads), 0, a); }

void cos_cubed_backward_v1_naive(const CosCubedBackward<float>& a) {
  launch(cos_cubed_backward_naive, blocks_for(a.columns, threads), dim3(threads), 0, a);
}

}  // namespace ceir
