// v3: forward and backward together read q and p three times and write dq once; one after the other they read them three times,
//     write dq, and read and write it again to take its mean out. That last round can be spared because the mean of the
//     gradient is known before any of it: with c = q - mean, d = p - mean, it is 3 ds / |a| (sum c^2 d^3 / |b| - s sum c^5 / |a|) / rows,
//     two more sums in the pass that makes the norms. Threads and parts are v2's. Five launches are left of ten.
#include "kernels/cos_cubed/cos_cubed_device.h"

namespace ceir {
namespace {

constexpr int threads = cos_cubed_threads;
using Part = CosCubedPart;

// sums: (parts, 2, columns), then another (parts, 5, columns); added up in the first part's place.
__global__ void step_means(const CosCubedStep<float> a, double* sums, unsigned across) {
  const Part part(a.rows, across);
  const int64_t n = a.columns, k = part.k;
  if (k >= n) return;
  double sum_q = 0, sum_p = 0;
  for (int64_t r = part.begin; r < part.end; r++) sum_q += a.q[r * n + k], sum_p += a.p[r * n + k];
  sums[2 * part.index * n + k] = sum_q, sums[(2 * part.index + 1) * n + k] = sum_p;
}

struct Means {
  float q, p;
  __device__ Means(const double* sums, int64_t n, int64_t k, int64_t rows)
      : q(static_cast<float>(sums[k] / static_cast<double>(rows))), p(static_cast<float>(sums[n + k] / static_cast<double>(rows))) {}
};

__global__ void step_products(const CosCubedStep<float> a, const double* mean_sums, double* sums, unsigned across) {
  const Part part(a.rows, across);
  const int64_t n = a.columns, k = part.k;
  if (k >= n) return;
  const Means mean(mean_sums, n, k, a.rows);
  CubeSums cubes;
  double with_p = 0, alone = 0;  // c^2 d^3, c^5
  for (int64_t r = part.begin; r < part.end; r++) {
    const float c = a.q[r * n + k] - mean.q, d = a.p[r * n + k] - mean.p, square = c * c;
    cubes.add(c, d);
    with_p += square * (d * d * d), alone += square * (square * c);
  }
  double* to = sums + 5 * part.index * n + k;
  to[0] = cubes.qq, to[n] = cubes.pp, to[2 * n] = cubes.qp, to[3 * n] = with_p, to[4 * n] = alone;
}

__global__ void step_gradient(const CosCubedStep<float> a, const double* mean_sums, const double* sums, unsigned across) {
  const Part part(a.rows, across);
  const int64_t n = a.columns, k = part.k;
  if (k >= n) return;
  const Means mean(mean_sums, n, k, a.rows);
  const double with_p = sums[3 * n + k], alone = sums[4 * n + k];
  const double norm_q = sqrt(sums[k]), norm_p = sqrt(sums[n + k]), similarity = sums[2 * n + k] / (norm_q * norm_p);
  if (part.index == 0) a.similarity[k] = static_cast<float>(similarity);
  const double factor = 3 * static_cast<double>(a.ds) / norm_q;
  const float unit_q = static_cast<float>(1 / norm_q), unit_p = static_cast<float>(1 / norm_p), s = static_cast<float>(similarity);
  const float scale = static_cast<float>(factor), centre = static_cast<float>(factor * (with_p / norm_p - similarity * (alone / norm_q)) / static_cast<double>(a.rows));
  for (int64_t r = part.begin; r < part.end; r++) {
    const float c = a.q[r * n + k] - mean.q, d = a.p[r * n + k] - mean.p, square = c * c;
    a.dq[r * n + k] = scale * square * (d * d * d * unit_p - s * (square * c * unit_q)) - centre;
  }
}

}  // namespace

void cos_cubed_step_v3_fused(const CosCubedStep<float>& a) {
  const int64_t n = a.columns, parts = block_count(a.rows, cos_cubed_block);
  const unsigned across = block_count(n, threads);
  auto* mean_sums = static_cast<double*>(device_workspace(static_cast<size_t>(7 * parts * n) * sizeof(double)));
  double* sums = mean_sums + 2 * parts * n;
  const dim3 grid = blocks_for(parts * across, 1);
  launch(step_means, grid, dim3(threads), 0, a, mean_sums, across);
  launch(add_cube_parts, blocks_for(2 * n, 128), dim3(128), 0, mean_sums, parts, 2 * n);
  launch(step_products, grid, dim3(threads), 0, a, mean_sums, sums, across);
  launch(add_cube_parts, blocks_for(5 * n, 128), dim3(128), 0, sums, parts, 5 * n);
  launch(step_gradient, grid, dim3(threads), 0, a, mean_sums, sums, across);
}

}  // namespace ceir
