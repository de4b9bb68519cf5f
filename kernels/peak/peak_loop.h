// The loops of peak.h over a vector type with fma, or any type with * and +. Internal to the files that include it.
#pragma once
#include "kernels/peak/peak.h"

namespace ceir {

constexpr int64_t triad_grain = 1 << 18;  // elements: a megabyte of each array

namespace {

template <class V, int lanes, int chains, class Set, class Step, class Sum>
static void peak_loop(const PeakLoop& p, const Set& set, const Step& step, const Sum& sum) {
  V x[chains];
#pragma GCC unroll 32
  for (int i = 0; i < chains; i++) x[i] = set(i);
  for (int64_t r = 0; r < p.rounds; r++) {
#pragma GCC unroll 32
    for (int i = 0; i < chains; i++) x[i] = step(x[i]);
  }
  double total = 0;
#pragma GCC unroll 32
  for (int i = 0; i < chains; i++) total += sum(x[i]);
  *p.result = total;
  *p.operations = p.rounds * chains * lanes * 2;
}

// x <- x a + b with |a| < 1: stays finite and normal.
template <class S, int chains>
static void peak_of_vectors(const PeakLoop& p) {
  using T = typename S::Scalar;
  const S a = S::set(T(0.999)), b = S::set(T(0.001));
  peak_loop<S, S::width, chains>(p, [](int i) { return S::set(T(i + 1)); }, [&](S x) { return fma(x, a, b); },
                                 [](S x) { return static_cast<double>(x.sum()); });
}

}  // namespace
}  // namespace ceir
