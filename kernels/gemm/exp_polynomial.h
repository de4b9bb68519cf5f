// e^x / 2^n for n = round(x / ln 2), over a vector type. Internal to the files that include it.
#pragma once

namespace ceir {
namespace {

// |r| <= ln 2 / 2 after taking n ln 2 away in two parts, then Taylor's series: the first term left out is below
// 2^-26 (f32, 8 terms) and 2^-57 (f64, 14 terms) of the result.
template <class V>
static inline typename V::Reg exp_polynomial(typename V::Reg x, typename V::Reg n) {
  using T = typename V::T;
  constexpr bool single = sizeof(T) == 4;
  constexpr T high = single ? T(0.693359375) : T(0.693145751953125);            // few bits, so that n * high is exact
  constexpr T low = single ? T(-2.12194440054690583e-4) : T(1.42860682030941723e-6);  // ln 2 - high
  constexpr double factorials[] = {1, 1, 2, 6, 24, 120, 720, 5040, 40320, 362880, 3628800, 39916800, 479001600, 6227020800};
  const typename V::Reg r = V::fma(n, V::set1(-low), V::fma(n, V::set1(-high), x));
  constexpr int last = single ? 7 : 13;
  typename V::Reg p = V::set1(static_cast<T>(1 / factorials[last]));
#pragma GCC unroll 16
  for (int i = last - 1; i >= 0; i--) p = V::fma(p, r, V::set1(static_cast<T>(1 / factorials[i])));
  return p;
}

}  // namespace
}  // namespace ceir
