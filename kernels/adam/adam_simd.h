// Adam, a vector at a time: bound by memory, four arrays read and three written. Included by *_avx2.cpp and *_avx512.cpp files
// alone, after their vectors (kernels/base/simd_*.h): everything is internal to the file that includes it.
#pragma once
#include "kernels/adam/adam.h"
#include "kernels/base/threads.h"

namespace ceir {
namespace {

// New w, m and v of one vector's elements. No fused multiply-add: the bits are the reference's.
template <class V, class T>
void adam_vector(const AdamUpdate<T>& a, V& w, V g, V& m, V& v) {
  m = V::set(a.beta1) * m + V::set(1 - a.beta1) * g;
  v = V::set(a.beta2) * v + V::set(1 - a.beta2) * (g * g);
  const V denominator = sqrt(v) / V::set(a.sqrt_correction) + V::set(a.eps);
  w = V::set(a.shrink) * w - V::set(a.step_size) * (m / denominator);
}

template <class V>
void adam_vectors(const AdamUpdate<typename V::Scalar>& update) {
  const auto a = adam_with_rates(update);
  parallel_for(a.n, 16384, [&](int64_t begin, int64_t end) {
    int64_t i = begin;
    for (; i + V::width <= end; i += V::width) {
      V w = V::load(a.w + i), m = V::load(a.m + i), v = V::load(a.v + i);
      adam_vector(a, w, V::load(a.g + i), m, v);
      w.store(a.w + i), m.store(a.m + i), v.store(a.v + i);
    }
    if (i == end) return;
    const int rest = static_cast<int>(end - i);
    V w = V::load(a.w + i, rest), m = V::load(a.m + i, rest), v = V::load(a.v + i, rest);
    adam_vector(a, w, V::load(a.g + i, rest), m, v);
    w.store(a.w + i, rest), m.store(a.m + i, rest), v.store(a.v + i, rest);
  });
}

}  // namespace
}  // namespace ceir
