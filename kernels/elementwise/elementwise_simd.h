// Rows where each operand is dense or one repeated element go through vectors; other strides one element at a time.
#pragma once
#include "kernels/base/simd_loops.h"
#include "kernels/elementwise/elementwise_rows.h"

namespace ceir::simd {
namespace {

template <Binary f, class T>
T combine(T a, T b) {
  if constexpr (f == Binary::add) return a + b;
  if constexpr (f == Binary::sub) return a - b;
  if constexpr (f == Binary::mul) return a * b;
  if constexpr (f == Binary::div) return a / b;
}

template <class V, Binary f>
void elementwise(const Elementwise<typename V::Scalar>& e) {
  using T = typename V::Scalar;
  const int64_t as = e.a_stride[e.rank - 1], bs = e.b_stride[e.rank - 1];
  if (as == 1 && bs == 1) {
    elementwise_rows(e, [](const T* a, const T* b, T* y, int64_t begin, int64_t end) {
      sweep<V>(begin, end, [&](int64_t i, auto at) { at.store(y + i, combine<f>(at.load(a + i), at.load(b + i))); });
    });
  } else if (as == 1 && bs == 0) {
    elementwise_rows(e, [](const T* a, const T* b, T* y, int64_t begin, int64_t end) {
      const V all_b = V::set(*b);
      sweep<V>(begin, end, [&](int64_t i, auto at) { at.store(y + i, combine<f>(at.load(a + i), all_b)); });
    });
  } else if (as == 0 && bs == 1) {
    elementwise_rows(e, [](const T* a, const T* b, T* y, int64_t begin, int64_t end) {
      const V all_a = V::set(*a);
      sweep<V>(begin, end, [&](int64_t i, auto at) { at.store(y + i, combine<f>(all_a, at.load(b + i))); });
    });
  } else {
    elementwise_rows(e, [=](const T* a, const T* b, T* y, int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) y[i] = combine<f>(a[i * as], b[i * bs]);
    });
  }
}

template <class V>
void elementwise_any(const Elementwise<typename V::Scalar>& e) {
  switch (e.function) {
    case Binary::add: return elementwise<V, Binary::add>(e);
    case Binary::sub: return elementwise<V, Binary::sub>(e);
    case Binary::mul: return elementwise<V, Binary::mul>(e);
    case Binary::div: return elementwise<V, Binary::div>(e);
  }
}

}  // namespace
}  // namespace ceir::simd
