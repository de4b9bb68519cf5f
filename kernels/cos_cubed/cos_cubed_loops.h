// The passes of cos_cubed as plain loops along the columns, which the compiler turns into vectors of whatever the file that
// includes this is compiled for. Every variant therefore gives the same bits. Bound by memory: nine passes over
// (rows, columns) forward and backward. Sums are in double, since squares of cubes of cosines are about 1e-10.
#pragma once
#include "kernels/base/threads.h"
#include "kernels/cos_cubed/cos_cubed.h"

namespace ceir {
namespace {

// Adds up the blocks' sums, `count` of them a block, into block 0.
inline void add_blocks(double* sums, int64_t blocks, int64_t count) {
  for (int64_t b = 1; b < blocks; b++) {
    const double* __restrict from = sums + b * count;
    double* __restrict to = sums;
    for (int64_t k = 0; k < count; k++) to[k] += from[k];
  }
}

template <class T>
inline void mean_block(const CosCubed<T>& a, int64_t begin, int64_t end, double* sums) {
  const int64_t n = a.columns;
  double* __restrict sum_q = sums;
  double* __restrict sum_p = sums + n;
  for (int64_t k = 0; k < 2 * n; k++) sums[k] = 0;
  for (int64_t r = begin; r < end; r++) {
    const T* __restrict q = a.q + r * n;
    const T* __restrict p = a.p + r * n;
    for (int64_t k = 0; k < n; k++) {
      sum_q[k] += static_cast<double>(q[k]);
      sum_p[k] += static_cast<double>(p[k]);
    }
  }
}

template <class T>
inline void product_block(const CosCubed<T>& a, int64_t begin, int64_t end, double* sums) {
  const int64_t n = a.columns;
  double* __restrict qq = sums;
  double* __restrict pp = sums + n;
  double* __restrict qp = sums + 2 * n;
  const T* __restrict mean_q = a.mean_q;
  const T* __restrict mean_p = a.mean_p;
  for (int64_t k = 0; k < 3 * n; k++) sums[k] = 0;
  for (int64_t r = begin; r < end; r++) {
    const T* __restrict q = a.q + r * n;
    const T* __restrict p = a.p + r * n;
    for (int64_t k = 0; k < n; k++) {
      const T c = q[k] - mean_q[k], d = p[k] - mean_p[k];
      const double x = static_cast<double>(c * c * c), y = static_cast<double>(d * d * d);
      qq[k] += x * x;
      pp[k] += y * y;
      qp[k] += x * y;
    }
  }
}

template <class T>
inline void forward(const CosCubed<T>& a) {
  const int64_t n = a.columns, blocks = (a.rows + cos_cubed_block - 1) / cos_cubed_block;
  parallel_for(a.rows, cos_cubed_block, [&](int64_t begin, int64_t end) {
    mean_block(a, begin, end, a.sums + begin / cos_cubed_block * 2 * n);
  });
  add_blocks(a.sums, blocks, 2 * n);
  for (int64_t k = 0; k < n; k++) {
    a.mean_q[k] = static_cast<T>(a.sums[k] / static_cast<double>(a.rows));
    a.mean_p[k] = static_cast<T>(a.sums[n + k] / static_cast<double>(a.rows));
  }
  parallel_for(a.rows, cos_cubed_block, [&](int64_t begin, int64_t end) {
    product_block(a, begin, end, a.sums + begin / cos_cubed_block * 3 * n);
  });
  add_blocks(a.sums, blocks, 3 * n);
  for (int64_t k = 0; k < n; k++) {
    a.norm_q[k] = __builtin_sqrt(a.sums[k]);
    a.norm_p[k] = __builtin_sqrt(a.sums[n + k]);
    a.similarity[k] = static_cast<T>(a.sums[2 * n + k] / (a.norm_q[k] * a.norm_p[k]));
  }
}

// dx before its mean is taken out, and the sum of it.
template <class T>
inline void gradient_block(const CosCubedBackward<T>& a, const T* scales, int64_t begin, int64_t end, double* __restrict sum) {
  const int64_t n = a.columns;
  const T* __restrict unit_x = scales;           // 1 / |a|
  const T* __restrict unit_other = scales + n;   // 1 / |b|
  const T* __restrict factor = scales + 2 * n;   // 3 ds / |a|
  const T* __restrict s = a.similarity;
  const T* __restrict mean_x = a.mean_x;
  const T* __restrict mean_other = a.mean_other;
  for (int64_t k = 0; k < n; k++) sum[k] = 0;
  for (int64_t r = begin; r < end; r++) {
    const T* __restrict x = a.x + r * n;
    const T* __restrict other = a.other + r * n;
    T* __restrict dx = a.dx + r * n;
    for (int64_t k = 0; k < n; k++) {
      const T c = x[k] - mean_x[k], d = other[k] - mean_other[k], square = c * c;
      const T g = factor[k] * square * (d * d * d * unit_other[k] - s[k] * (square * c * unit_x[k]));
      dx[k] = g;
      sum[k] += static_cast<double>(g);
    }
  }
}

template <class T>
inline void backward(const CosCubedBackward<T>& a) {
  const int64_t n = a.columns, blocks = (a.rows + cos_cubed_block - 1) / cos_cubed_block;
  double* sums = a.sums + 3 * n;
  T* scales = reinterpret_cast<T*>(a.sums);
  for (int64_t k = 0; k < n; k++) {
    scales[k] = static_cast<T>(1 / a.norm_x[k]);
    scales[n + k] = static_cast<T>(1 / a.norm_other[k]);
    scales[2 * n + k] = static_cast<T>(3 * static_cast<double>(a.ds[k]) / a.norm_x[k]);
  }
  parallel_for(a.rows, cos_cubed_block, [&](int64_t begin, int64_t end) {
    gradient_block(a, scales, begin, end, sums + begin / cos_cubed_block * n);
  });
  add_blocks(sums, blocks, n);
  T* mean = scales;  // they are not needed any more
  for (int64_t k = 0; k < n; k++) mean[k] = static_cast<T>(sums[k] / static_cast<double>(a.rows));
  parallel_for(a.rows, cos_cubed_block, [&](int64_t begin, int64_t end) {
    const T* __restrict m = mean;
    for (int64_t r = begin; r < end; r++) {
      T* __restrict dx = a.dx + r * n;
      for (int64_t k = 0; k < n; k++) dx[k] -= m[k];
    }
  });
}

}  // namespace
}  // namespace ceir
