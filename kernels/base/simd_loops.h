// Loops over rows of any length with vectors, the tail included: whole vectors first, then one partial vector.
// The order of a sum depends on the length alone. Include simd_avx2.h or simd_avx512.h first.
#pragma once
#include <cstdint>

namespace ceir::simd {
namespace {

// How a body reads and writes its vector: all of it, or the first n elements.
template <class V>
struct Whole {
  using T = typename V::Scalar;
  static V load(const T* p) { return V::load(p); }
  static void store(T* p, V v) { v.store(p); }
  static V keep(V v) { return v; }
  static V keep(V v, V) { return v; }
};
template <class V>
struct Part {
  using T = typename V::Scalar;
  int n;
  V load(const T* p) const { return V::load(p, n); }
  void store(T* p, V v) const { v.store(p, n); }
  V keep(V v) const { return v.keep(n); }                // 0 beyond the end
  V keep(V v, V other) const { return v.keep(n, other); }  // `other` beyond the end
};

// body(i, access) for every vector of [begin, end).
template <class V, class Body>
void sweep(int64_t begin, int64_t end, const Body& body) {
  int64_t i = begin;
  for (; i + V::width <= end; i += V::width) body(i, Whole<V>{});
  if (i < end) body(i, Part<V>{static_cast<int>(end - i)});
}

// Adds up step(i, access) over [0, n). Four sums in flight hide the latency of an addition.
template <class V, class Step>
V sum_over(int64_t n, const Step& step) {
  V s0 = V::zero(), s1 = V::zero(), s2 = V::zero(), s3 = V::zero();
  constexpr int w = V::width;
  int64_t i = 0;
  for (; i + 4 * w <= n; i += 4 * w) {
    s0 = s0 + step(i, Whole<V>{});
    s1 = s1 + step(i + w, Whole<V>{});
    s2 = s2 + step(i + 2 * w, Whole<V>{});
    s3 = s3 + step(i + 3 * w, Whole<V>{});
  }
  for (; i + w <= n; i += w) s0 = s0 + step(i, Whole<V>{});
  if (i < n) s1 = s1 + step(i, Part<V>{static_cast<int>(n - i)});
  return (s0 + s1) + (s2 + s3);
}

// Two sums in one pass: step returns both terms.
template <class V>
struct Pair {
  V a, b;
  static Pair zero() { return {V::zero(), V::zero()}; }
  friend Pair operator+(Pair x, Pair y) { return {x.a + y.a, x.b + y.b}; }
};
template <class V, class Step>
Pair<V> sums_over(int64_t n, const Step& step) {
  using P = Pair<V>;
  P s0 = P::zero(), s1 = P::zero();
  constexpr int w = V::width;
  int64_t i = 0;
  for (; i + 2 * w <= n; i += 2 * w) {
    s0 = s0 + step(i, Whole<V>{});
    s1 = s1 + step(i + w, Whole<V>{});
  }
  for (; i + w <= n; i += w) s0 = s0 + step(i, Whole<V>{});
  if (i < n) s1 = s1 + step(i, Part<V>{static_cast<int>(n - i)});
  return s0 + s1;
}

}  // namespace
}  // namespace ceir::simd
