// Softmax on vectors: the maximum, then e^(x - max) and its sum, then the scaling; the row stays in the cache.
#pragma once
#include "kernels/base/rows.h"
#include "kernels/base/simd_loops.h"
#include "kernels/base/simd_math.h"
#include "kernels/base/threads.h"
#include "kernels/softmax/softmax.h"

namespace ceir::simd {
namespace {

inline float largest_of(const float* x, int64_t n) {
  using V = F32;
  constexpr int w = V::width;
  const V lowest = V::set(-__builtin_inff());
  V m0 = lowest, m1 = lowest, m2 = lowest, m3 = lowest;
  int64_t i = 0;
  for (; i + 4 * w <= n; i += 4 * w) {
    m0 = max(V::load(x + i), m0);  // a NaN is passed over here; e^(x - max) brings it back
    m1 = max(V::load(x + i + w), m1);
    m2 = max(V::load(x + i + 2 * w), m2);
    m3 = max(V::load(x + i + 3 * w), m3);
  }
  for (; i + w <= n; i += w) m0 = max(V::load(x + i), m0);
  if (i < n) {
    const int rest = static_cast<int>(n - i);
    m1 = max(V::load(x + i, rest).keep(rest, lowest), m1);
  }
  return max(max(m0, m1), max(m2, m3)).largest();
}

inline void softmax_rows(const Softmax<float>& a) {
  using V = F32;
  parallel_for(a.rows, rows_per_chunk(a.width), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* x = a.x + r * a.width;
      float* y = a.y + r * a.width;
      const int64_t width = a.causal_period > 0 ? r % a.causal_period + 1 : a.width;
      const V largest = V::set(largest_of(x, width));
      if (a.logarithm) {
        const float sum = sum_over<V>(width, [&](int64_t i, auto at) { return at.keep(exp_of(at.load(x + i) - largest)); }).sum();
        const V log_sum = V::set(static_cast<float>(__builtin_log(static_cast<double>(sum))));
        sweep<V>(0, width, [&](int64_t i, auto at) { at.store(y + i, at.load(x + i) - largest - log_sum); });
        continue;
      }
      const float sum = sum_over<V>(width, [&](int64_t i, auto at) {
        const V e = at.keep(exp_of(at.load(x + i) - largest));
        at.store(y + i, e);
        return e;
      }).sum();
      const V inverse = V::set(1 / sum);
      sweep<V>(0, width, [&](int64_t i, auto at) { at.store(y + i, at.load(y + i) * inverse); });
      for (int64_t i = width; i < a.width; i++) y[i] = 0;
    }
  });
}

inline void softmax_backward_rows(const SoftmaxBackward<float>& a) {
  using V = F32;
  parallel_for(a.rows, rows_per_chunk(a.width), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* y = a.y + r * a.width;
      const float* dy = a.dy + r * a.width;
      float* dx = a.dx + r * a.width;
      if (a.logarithm) {
        const V sum = V::set(sum_over<V>(a.width, [&](int64_t i, auto at) { return at.load(dy + i); }).sum());
        sweep<V>(0, a.width, [&](int64_t i, auto at) { at.store(dx + i, fnma(exp_of(at.load(y + i)), sum, at.load(dy + i))); });
      } else {
        const V sum = V::set(sum_over<V>(a.width, [&](int64_t i, auto at) { return at.load(dy + i) * at.load(y + i); }).sum());
        sweep<V>(0, a.width, [&](int64_t i, auto at) { at.store(dx + i, at.load(y + i) * (at.load(dy + i) - sum)); });
      }
    }
  });
}

}  // namespace
}  // namespace ceir::simd
