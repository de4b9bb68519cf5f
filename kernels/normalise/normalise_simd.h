// Rows to unit length on vectors.
#pragma once
#include "kernels/base/rows.h"
#include "kernels/base/simd_loops.h"
#include "kernels/base/threads.h"
#include "kernels/normalise/normalise.h"

namespace ceir::simd {
namespace {

// sqrt(sum x^2). Where the squares leave the range of float, once more in double.
inline float length_of(const float* x, int64_t n) {
  using V = F32;
  const float squares = sum_over<V>(n, [&](int64_t i, auto at) {
    const V v = at.load(x + i);
    return v * v;
  }).sum();
  if (squares > 1e-30f && squares < 1e38f) return static_cast<float>(__builtin_sqrt(static_cast<double>(squares)));
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return static_cast<float>(__builtin_sqrt(sum));
}

inline void normalise_rows(const Normalise<float>& a) {
  using V = F32;
  parallel_for(a.rows, rows_per_chunk(a.width), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* x = a.x + r * a.width;
      float* y = a.y + r * a.width;
      const float norm = length_of(x, a.width);
      const V v = V::set(norm);
      sweep<V>(0, a.width, [&](int64_t i, auto at) { at.store(y + i, at.load(x + i) / v); });
      if (a.norm) a.norm[r] = norm;
    }
  });
}

inline void normalise_backward_rows(const NormaliseBackward<float>& a) {
  using V = F32;
  parallel_for(a.rows, rows_per_chunk(a.width), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* y = a.y + r * a.width;
      const float* dy = a.dy + r * a.width;
      float* dx = a.dx + r * a.width;
      const V along = V::set(sum_over<V>(a.width, [&](int64_t i, auto at) { return at.load(dy + i) * at.load(y + i); }).sum());
      const V norm = V::set(a.norm[r]);
      sweep<V>(0, a.width, [&](int64_t i, auto at) { at.store(dx + i, fnma(at.load(y + i), along, at.load(dy + i)) / norm); });
    }
  });
}

}  // namespace
}  // namespace ceir::simd
