// Reductions on vectors. Along rows: chunks of a fixed length, each with four vector sums, added in order in double.
// Down columns: simd_columns.h.
#pragma once
#include "kernels/base/rows.h"
#include "kernels/base/simd_columns.h"
#include "kernels/reduce/reduce.h"

namespace ceir::simd {
namespace {

constexpr int64_t sum_chunk = 16384;  // elements

// sum of term(x, access) over a row of n.
template <class V, class Term>
double row_sum(const typename V::Scalar* x, int64_t n, const Term& term) {
  double total = 0;
  for (int64_t c = 0; c < n; c += sum_chunk) {
    const int64_t length = n - c < sum_chunk ? n - c : sum_chunk;
    total += static_cast<double>(sum_over<V>(length, [&](int64_t i, auto at) { return term(at.load(x + c + i), at); }).sum());
  }
  return total;
}

// The same for one long row, its chunks over the threads; same order, same bits.
template <class V, class Term>
double long_row_sum(const typename V::Scalar* x, int64_t n, const Term& term) {
  const int64_t chunks = (n + sum_chunk - 1) / sum_chunk;
  auto* partial = static_cast<double*>(workspace(Scratch::columns, chunks * 8));
  parallel_for(chunks, 1, [&](int64_t c, int64_t) {
    const int64_t begin = c * sum_chunk, length = n - begin < sum_chunk ? n - begin : sum_chunk;
    partial[c] = row_sum<V>(x + begin, length, term);
  });
  double total = 0;
  for (int64_t c = 0; c < chunks; c++) total += partial[c];
  return total;
}

template <class V>
void reduce_along_rows(const Reduce<typename V::Scalar>& a) {
  using T = typename V::Scalar;
  const auto n = static_cast<double>(a.n);
  const bool one_long = a.outer == 1 && a.n > sum_chunk;
  const auto add = [&](const T* x, const auto& term) { return one_long ? long_row_sum<V>(x, a.n, term) : row_sum<V>(x, a.n, term); };
  const auto one = [&](int64_t r) {
    const T* x = a.x + r * a.n;
    if (a.kind == Reduction::sum || a.kind == Reduction::mean) {
      const double total = add(x, [](V v, auto) { return v; });
      a.y[r] = static_cast<T>(a.kind == Reduction::sum ? total : total / n);
      return;
    }
    const V first = a.n > 0 ? V::set(x[0]) : V::zero();  // subtracted so that a large mean costs no digits
    const double mean = add(x, [&](V v, auto at) { return at.keep(v - first); }) / n;
    const V shift = V::set(static_cast<T>(mean));
    const double squares = add(x, [&](V v, auto at) {
      const V d = at.keep(v - first - shift);
      return d * d;
    });
    a.y[r] = static_cast<T>((a.n > 0 ? squares : mean) / (a.kind == Reduction::variance ? n : n - 1));
  };
  if (one_long) return one(0);
  parallel_for(a.outer, rows_per_chunk(a.n), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) one(r);
  });
}

template <class V>
void reduce_down_columns(const Reduce<typename V::Scalar>& a, int64_t outer) {
  using T = typename V::Scalar;
  const T* x = a.x + outer * a.n * a.inner;
  T* y = a.y + outer * a.inner;
  const auto n = static_cast<double>(a.n);
  const int64_t inner = a.inner;
  if (a.n == 0) {  // an empty sum is 0, an empty mean not a number
    for (int64_t c = 0; c < inner; c++) y[c] = static_cast<T>(a.kind == Reduction::sum ? 0.0 : 0.0 / n);
    return;
  }
  if (a.kind == Reduction::sum || a.kind == Reduction::mean) {
    column_sums<V>(a.n, inner, [&](int64_t r, int64_t c, auto at) { return at.load(x + r * inner + c); },
                   [&](int64_t c, double total) { y[c] = static_cast<T>(a.kind == Reduction::sum ? total : total / n); });
    return;
  }
  // Less the first row, as above; the mean of the differences waits in y.
  column_sums<V>(a.n, inner, [&](int64_t r, int64_t c, auto at) { return at.load(x + r * inner + c) - at.load(x + c); },
                 [&](int64_t c, double total) { y[c] = static_cast<T>(total / n); });
  column_sums<V>(a.n, inner, [&](int64_t r, int64_t c, auto at) {
    const V d = at.load(x + r * inner + c) - at.load(x + c) - at.load(y + c);
    return d * d;
  }, [&](int64_t c, double total) { y[c] = static_cast<T>(total / (a.kind == Reduction::variance ? n : n - 1)); });
}

template <class V>
void reduce_any(const Reduce<typename V::Scalar>& a) {
  if (a.inner == 1) return reduce_along_rows<V>(a);
  if (a.inner == 0) return;
  parallel_for(a.outer, rows_per_chunk(a.n * a.inner), [&](int64_t begin, int64_t end) {  // one alone is split inside
    for (int64_t o = begin; o < end; o++) reduce_down_columns<V>(a, o);
  });
}

}  // namespace
}  // namespace ceir::simd
