// exp, log, tanh, sigmoid, erf and the functions of kernels/unary on vectors, written once over the vector type and
// compiled for each instruction set (include simd_avx2.h or simd_avx512.h first). Within a few units in the last place
// of float (exp and sigmoid of double too); infinities and NaN go where the C library sends them.
// Polynomials: fitted for this file, minimax in relative error (Lawson's reweighted least squares) on the ranges given.
#pragma once
#include "kernels/unary/unary.h"

namespace ceir::simd {
namespace {

template <class V>
V horner(V, float c) {
  return V::set(c);
}
template <class V, class... Rest>
V horner(V x, float c0, Rest... rest) {  // c0 + c1 x + c2 x^2 ...
  return fma(horner(x, rest...), x, V::set(c0));
}

// x = n ln2 + r; e^r = 1 + r + r^2 P(r) for |r| <= ln2 / 2.
template <class V>
V exp_f32(V x) {
  x = max(V::set(-104.0f), min(V::set(89.0f), x));  // beyond, the result is 0 or infinite anyway; NaN passes
  const V n = round(x * V::set(1.44269504f));
  V r = fnma(n, V::set(0.693359375f), x);  // ln2 in two parts, the first short enough to make n times it exact
  r = fnma(n, V::set(-2.12194440e-4f), r);
  const V p = horner(r, 4.999999404e-01f, 1.666651964e-01f, 4.166839272e-02f, 8.368780836e-03f, 1.381446724e-03f);
  return times_power_of_2(fma(p, r * r, r) + V::set(1.0f), n);
}

// The same in double: Taylor to r^13, whose next term is below 1e-17.
template <class V>
V exp_f64(V x) {
  x = max(V::set(-746.0), min(V::set(710.0), x));
  const V n = round(x * V::set(1.4426950408889634));
  V r = fnma(n, V::set(0.693147180369123816490), x);
  r = fnma(n, V::set(1.90821492927058770002e-10), r);
  V p = V::set(1.0 / 6227020800.0);
  constexpr double inverse_factorials[] = {1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320,
                                           1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5};
#pragma GCC unroll 16
  for (const double c : inverse_factorials) p = fma(p, r, V::set(c));
  return times_power_of_2(fma(p, r * r, r) + V::set(1.0), n);
}

inline F32 exp_of(F32 x) { return exp_f32(x); }
inline F64 exp_of(F64 x) { return exp_f64(x); }

// x = m 2^e, m = 1 + f; log m = f - f^2/2 + f^3 P(f) for m in [sqrt(1/2), sqrt(2)).
inline F32 log_of(F32 x) {
  using V = F32;
  const V smallest = V::set(1.17549435e-38f);  // of the normal numbers; those below are scaled first
  const auto tiny = x < smallest;
  V e;
  const V f = split(select(tiny, x * V::set(8388608.0f), x), e) - V::set(1.0f);  // 2^23
  e = select(tiny, e - V::set(23.0f), e);
  const V p = horner(f, 3.333333135e-01f, -2.500081956e-01f, 2.000122666e-01f, -1.662335694e-01f, 1.420175880e-01f,
                     -1.316018254e-01f, 1.276157498e-01f, -7.634492964e-02f);
  const V f2 = f * f;
  V y = fma(p, f2 * f, e * V::set(-2.12194440e-4f));  // ln2 in two parts, the small ones first
  y = fma(f2, V::set(-0.5f), y) + f;
  y = fma(e, V::set(0.693359375f), y);
  const V infinity = V::set(__builtin_inff()), nan = V::set(__builtin_nanf(""));
  y = select(x == infinity, infinity, y);
  y = select(x == V::zero(), -infinity, y);
  return select(x < V::zero(), nan, select(is_nan(x), x, y));
}

// 1 / (1 + e^-x), as e / (1 + e) with e = e^-|x| for negative x, so that small results keep their digits.
template <class V>
V sigmoid_of(V x) {
  const V one = V::set(1), e = exp_of(-abs(x));
  return select(x < V::zero(), e, one) / (one + e);
}

// Small |x|: x + x^3 P(x^2). Else 1 - 2 / (e^2|x| + 1), with the sign of x.
inline F32 tanh_of(F32 x) {
  using V = F32;
  const V a = abs(x), s = x * x;
  const V p = horner(s, -3.333325982e-01f, 1.333083063e-01f, -5.368802324e-02f, 2.046941966e-02f, -5.515164230e-03f);
  const V small = fma(p, s * x, x);
  const V large = V::set(1.0f) - V::set(2.0f) / (exp_of(a + a) + V::set(1.0f));
  return select(a < V::set(0.65f), small, copysign(large, x));
}

// |x| < 0.92: x + x P(x^2). Else 1 - e^-Q(|x|) with Q = -log erfc, which is smooth; beyond 4 the result is 1 in float.
inline F32 erf_of(F32 x) {
  using V = F32;
  const V a = abs(x), s = x * x;
  const V p = horner(s, 1.283791661e-01f, -3.761263192e-01f, 1.128366366e-01f, -2.685770392e-02f, 5.196949467e-03f,
                     -8.097679820e-04f, 8.185015031e-05f);
  const V small = fma(p, x, x);
  const V t = min(V::set(4.0f), a);
  const V q = horner(t, 1.956755732e-04f, 1.127675653e+00f, 6.371822357e-01f, 1.039315984e-01f, -2.222692035e-02f,
                     3.043217352e-03f, -1.959372457e-04f);
  const V large = V::set(1.0f) - exp_of(-q);
  return select(a < V::set(0.92f), small, copysign(large, x));
}

// The formulas of kernels/unary/unary_ref.h.
template <Unary f>
F32 unary_of(F32 x) {
  using V = F32;
  if constexpr (f == Unary::exp) return exp_of(x);
  if constexpr (f == Unary::log) return log_of(x);
  if constexpr (f == Unary::tanh) return tanh_of(x);
  if constexpr (f == Unary::sigmoid) return sigmoid_of(x);
  if constexpr (f == Unary::relu) return max(V::zero(), x);  // NaN stays NaN
  if constexpr (f == Unary::gelu_erf)
    return V::set(0.5f) * x * (V::set(1.0f) + erf_of(x * V::set(0.70710678f)));
  if constexpr (f == Unary::gelu_tanh) {
    const V u = V::set(0.79788456f) * fma(V::set(0.044715f) * x * x, x, x);
    return V::set(0.5f) * x * (V::set(1.0f) + tanh_of(u));
  }
  if constexpr (f == Unary::quick_gelu) return x * sigmoid_of(V::set(1.702f) * x);
  return x;
}

// For an epilogue that learns the function at run time.
inline F32 unary_of(Unary f, F32 x) {
  switch (f) {
    case Unary::none: return x;
    case Unary::exp: return unary_of<Unary::exp>(x);
    case Unary::log: return unary_of<Unary::log>(x);
    case Unary::tanh: return unary_of<Unary::tanh>(x);
    case Unary::sigmoid: return unary_of<Unary::sigmoid>(x);
    case Unary::relu: return unary_of<Unary::relu>(x);
    case Unary::gelu_erf: return unary_of<Unary::gelu_erf>(x);
    case Unary::gelu_tanh: return unary_of<Unary::gelu_tanh>(x);
    case Unary::quick_gelu: return unary_of<Unary::quick_gelu>(x);
  }
  return x;
}

// f' from the one of x and f(x) that derivative_from_output names.
template <Unary f>
F32 derivative_of(F32 known) {
  using V = F32;
  const V one = V::set(1.0f), half = V::set(0.5f);
  if constexpr (f == Unary::exp) return known;
  if constexpr (f == Unary::log) return one / known;
  if constexpr (f == Unary::tanh) return fnma(known, known, one);
  if constexpr (f == Unary::sigmoid) return known * (one - known);
  if constexpr (f == Unary::relu) return select(V::zero() < known, one, V::zero());
  const V x = known;
  if constexpr (f == Unary::gelu_erf) {
    const V density = V::set(0.39894228f) * exp_of(V::set(-0.5f) * x * x);
    return fma(x, density, half * (one + erf_of(x * V::set(0.70710678f))));
  }
  if constexpr (f == Unary::gelu_tanh) {
    const V x2 = x * x, t = tanh_of(V::set(0.79788456f) * fma(V::set(0.044715f) * x2, x, x));
    const V sech2 = fnma(t, t, one), slope = V::set(0.79788456f) * fma(V::set(0.134145f), x2, one);
    const V rest = half * x * sech2 * slope;
    return fma(half, t, half) + select(sech2 == V::zero(), V::zero(), rest);  // the slope may be infinite there
  }
  if constexpr (f == Unary::quick_gelu) {
    const V u = V::set(1.702f) * x, e = exp_of(-abs(u)), near = one / (one + e), far = e * near;  // they add up to 1
    return fma(u * near, far, select(u < V::zero(), far, near));
  }
  return one;
}

}  // namespace
}  // namespace ceir::simd
