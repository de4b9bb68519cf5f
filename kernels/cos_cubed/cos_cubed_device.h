// What the rungs of cos_cubed share: the terms of one element, rounded as on the CPU, and a column's results from its sums.
#pragma once
#include "kernels/cos_cubed/cos_cubed.h"
#include "kernels/launch/launch.h"

namespace ceir {

// Squares of cubes of cosines are about 1e-10: sums are in double.
struct CubeSums {
  double qq = 0, pp = 0, qp = 0;
  __device__ void add(float q_centred, float p_centred) {
    const double x = q_centred * q_centred * q_centred, y = p_centred * p_centred * p_centred;
    qq += x * x, pp += y * y, qp += x * y;
  }
};

__device__ inline void write_similarity(const CosCubed<float>& a, int64_t k, const CubeSums& sums) {
  const double norm_q = sqrt(sums.qq), norm_p = sqrt(sums.pp);
  a.norm_q[k] = norm_q, a.norm_p[k] = norm_p;
  a.similarity[k] = static_cast<float>(sums.qp / (norm_q * norm_p));
}

// The gradient of one column, before its mean is taken out.
struct ColumnGradient {
  float mean_x, mean_other, unit_x, unit_other, factor, similarity;
  __device__ ColumnGradient(const CosCubedBackward<float>& a, int64_t k)
      : mean_x(a.mean_x[k]), mean_other(a.mean_other[k]), unit_x(static_cast<float>(1 / a.norm_x[k])),
        unit_other(static_cast<float>(1 / a.norm_other[k])), factor(static_cast<float>(3 * static_cast<double>(a.ds[k]) / a.norm_x[k])),
        similarity(a.similarity[k]) {}
  __device__ float of(float x, float other) const {
    const float c = x - mean_x, d = other - mean_other, square = c * c;
    return factor * square * (d * d * d * unit_other - similarity * (square * c * unit_x));
  }
};

// Adds `width` sums of each part, in order, into those of the first. 128 threads a block.
[[maybe_unused]] __global__ static void add_cube_parts(double* sums, int64_t parts, int64_t width) {
  const int64_t k = int64_t{blockIdx.x} * 128 + threadIdx.x;
  if (k >= width) return;
  double sum = sums[k];
  for (int64_t b = 1; b < parts; b++) sum += sums[b * width + k];
  sums[k] = sum;
}

constexpr int cos_cubed_threads = 128;

// Rows [begin, end) of column k: what a thread does in a grid of `across` blocks a part of cos_cubed_block rows.
struct CosCubedPart {
  int64_t index, k, begin, end;
  __device__ CosCubedPart(int64_t rows, unsigned across)
      : index(blockIdx.x / across), k(int64_t{blockIdx.x % across} * cos_cubed_threads + threadIdx.x) {
    begin = index * cos_cubed_block, end = min(begin + cos_cubed_block, rows);
  }
};

}  // namespace ceir
