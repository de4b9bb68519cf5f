// Layer normalisation on vectors.
#pragma once
#include "kernels/base/rows.h"
#include "kernels/base/simd_columns.h"
#include "kernels/layernorm/layernorm.h"

namespace ceir::simd {
namespace {

// Mean and 1 / sqrt(var + eps) of a row. The first element is subtracted before summing, so that a large common part
// costs no digits; the second pass corrects the rounded mean by the mean of the differences from it.
struct Moments {
  float near;  // about the mean
  float rest;  // mean - near
  double rstd;
};
inline Moments moments_of(const float* x, int64_t n, double eps) {
  using V = F32;
  const double count = static_cast<double>(n);
  const V first = V::set(x[0]);
  const float sum = sum_over<V>(n, [&](int64_t i, auto at) { return at.keep(at.load(x + i) - first); }).sum();
  const float near = static_cast<float>(static_cast<double>(x[0]) + static_cast<double>(sum) / count);
  const V v = V::set(near);
  const Pair<V> sums = sums_over<V>(n, [&](int64_t i, auto at) {
    const V d = at.keep(at.load(x + i) - v);
    return Pair<V>{d, d * d};
  });
  const double rest = static_cast<double>(sums.a.sum()) / count;
  double var = static_cast<double>(sums.b.sum()) / count - rest * rest;
  if (!(var <= 1e37)) {  // the squares left the range of float: once more in double
    double total = 0;
    for (int64_t i = 0; i < n; i++) {
      const double d = static_cast<double>(x[i]) - static_cast<double>(near) - rest;
      total += d * d;
    }
    var = total / count;
  }
  return {near, static_cast<float>(rest), 1 / __builtin_sqrt((var > 0 || var != var ? var : 0) + eps)};
}

inline void layernorm_rows(const LayerNorm<float>& a) {
  using V = F32;
  if (a.width == 0) return;
  parallel_for(a.rows, rows_per_chunk(a.width), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* x = a.x + r * a.width;
      float* y = a.y + r * a.width;
      const Moments m = moments_of(x, a.width, a.eps);
      const V near = V::set(m.near), rest = V::set(m.rest), rstd = V::set(static_cast<float>(m.rstd));
      sweep<V>(0, a.width, [&](int64_t i, auto at) {
        const V h = (at.load(x + i) - near - rest) * rstd;
        at.store(y + i, fma(h, at.load(a.gain + i), at.load(a.bias + i)));
      });
      if (a.mean) {
        a.mean[r] = static_cast<float>(static_cast<double>(m.near) + static_cast<double>(m.rest));
        a.rstd[r] = static_cast<float>(m.rstd);
      }
    }
  });
}

// dx of one row.
inline void layernorm_backward_row(const LayerNormBackward<float>& a, int64_t r) {
  using V = F32;
  const float* x = a.x + r * a.width;
  const float* dy = a.dy + r * a.width;
  float* dx = a.dx + r * a.width;
  const V mean = V::set(a.mean[r]), rstd = V::set(a.rstd[r]);
  const Pair<V> sums = sums_over<V>(a.width, [&](int64_t i, auto at) {
    const V g = at.load(dy + i) * at.load(a.gain + i);
    return Pair<V>{g, g * ((at.load(x + i) - mean) * rstd)};
  });
  const auto n = static_cast<float>(a.width);
  const V mean_g = V::set(sums.a.sum() / n), mean_gh = V::set(sums.b.sum() / n);
  sweep<V>(0, a.width, [&](int64_t i, auto at) {
    const V g = at.load(dy + i) * at.load(a.gain + i), h = (at.load(x + i) - mean) * rstd;
    at.store(dx + i, rstd * (g - fma(h, mean_gh, mean_g)));
  });
}

// Gains' gradients and dx in one pass over the data: a partition of rows adds up its part of the column sums,
// and computes dx of each row while it is in the cache.
inline void layernorm_backward_rows(const LayerNormBackward<float>& a) {
  using V = F32;
  const int64_t partitions = (a.rows + rows_per_partition - 1) / rows_per_partition, columns = 2 * a.width;
  float* partial = a.dgain ? static_cast<float*>(workspace(Scratch::columns, partitions * columns * 4)) : nullptr;
  parallel_for(partitions, 1, [&](int64_t p, int64_t) {
    const int64_t begin = p * rows_per_partition, end = begin + rows_per_partition < a.rows ? begin + rows_per_partition : a.rows;
    float* gain = a.dgain ? partial + p * columns : nullptr;
    for (int64_t r = begin; r < end; r++) {
      if (gain) {
        const float* x = a.x + r * a.width;
        const float* dy = a.dy + r * a.width;
        float* bias = gain + a.width;
        const V mean = V::set(a.mean[r]), rstd = V::set(a.rstd[r]);
        if (r == begin)
          sweep<V>(0, a.width, [&](int64_t i, auto at) {
            const V d = at.load(dy + i);
            at.store(gain + i, d * ((at.load(x + i) - mean) * rstd));
            at.store(bias + i, d);
          });
        else
          sweep<V>(0, a.width, [&](int64_t i, auto at) {
            const V d = at.load(dy + i);
            at.store(gain + i, fma(d, (at.load(x + i) - mean) * rstd, at.load(gain + i)));
            at.store(bias + i, at.load(bias + i) + d);
          });
      }
      if (a.dx) layernorm_backward_row(a, r);
    }
  });
  if (!a.dgain) return;
  add_partitions(partial, partitions, columns, [&](int64_t c, double total) {
    (c < a.width ? a.dgain[c] : a.dbias[c - a.width]) = static_cast<float>(total);
  });
}

}  // namespace
}  // namespace ceir::simd
