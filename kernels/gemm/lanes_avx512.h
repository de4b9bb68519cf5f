// What the blocked matrix product and attention need of a register of AVX-512. Internal to the files that include it.
#pragma once
#include <immintrin.h>

#include "kernels/gemm/activate.h"
#include "kernels/gemm/exp_polynomial.h"
#include "kernels/gemm/transpose.h"

namespace ceir {
namespace {

inline unsigned first(int64_t n) { return (1u << n) - 1; }

struct F32 {
  using T = float;
  using Reg = __m512;
  static constexpr int width = 16, rows = 12, longest_block = 384;
  static Reg zero() { return _mm512_setzero_ps(); }
  static Reg set1(float x) { return _mm512_set1_ps(x); }
  static Reg load(const float* p) { return _mm512_loadu_ps(p); }
  static void store(float* p, Reg x) { _mm512_storeu_ps(p, x); }
  static Reg load_part(const float* p, int64_t n) {
    return _mm512_maskz_loadu_ps(static_cast<__mmask16>(first(n)), p);
  }
  static void store_part(float* p, Reg x, int64_t n) {
    _mm512_mask_storeu_ps(p, static_cast<__mmask16>(first(n)), x);
  }
  static Reg add(Reg a, Reg b) { return _mm512_add_ps(a, b); }
  static Reg fma(Reg a, Reg b, Reg c) { return _mm512_fmadd_ps(a, b, c); }
  static Reg sub(Reg a, Reg b) { return _mm512_sub_ps(a, b); }
  static Reg mul(Reg a, Reg b) { return _mm512_mul_ps(a, b); }
  static Reg max(Reg a, Reg b) { return _mm512_max_ps(a, b); }  // b where one is NaN
  static float reduce_add(Reg x) { return _mm512_reduce_add_ps(x); }
  static float reduce_max(Reg x) { return _mm512_reduce_max_ps(x); }
  static Reg exp(Reg x) {
    const Reg inside = _mm512_min_ps(set1(88.72f), _mm512_max_ps(set1(-87.33f), x));  // a NaN passes
    const Reg n = _mm512_roundscale_ps(mul(inside, set1(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const Reg y = _mm512_scalef_ps(exp_polynomial<F32>(inside, n), n);
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, set1(-87.33f), _CMP_NLT_UQ), y);  // below: 0
  }
  static Reg div(Reg a, Reg b) { return _mm512_div_ps(a, b); }
  static Reg activate(Unary f, Reg x) { return activate_lanes<F32>(f, x); }
  static int64_t transpose_panel(const float* from, int64_t from_row, int64_t k, float* to) {
    return transpose_columns<2 * width>(from, from_row, k, to);
  }
};

struct F64 {
  using T = double;
  using Reg = __m512d;
  static constexpr int width = 8, rows = 12, longest_block = 384;
  static Reg zero() { return _mm512_setzero_pd(); }
  static Reg set1(double x) { return _mm512_set1_pd(x); }
  static Reg load(const double* p) { return _mm512_loadu_pd(p); }
  static void store(double* p, Reg x) { _mm512_storeu_pd(p, x); }
  static Reg load_part(const double* p, int64_t n) {
    return _mm512_maskz_loadu_pd(static_cast<__mmask8>(first(n)), p);
  }
  static void store_part(double* p, Reg x, int64_t n) {
    _mm512_mask_storeu_pd(p, static_cast<__mmask8>(first(n)), x);
  }
  static Reg add(Reg a, Reg b) { return _mm512_add_pd(a, b); }
  static Reg fma(Reg a, Reg b, Reg c) { return _mm512_fmadd_pd(a, b, c); }
  static Reg sub(Reg a, Reg b) { return _mm512_sub_pd(a, b); }
  static Reg mul(Reg a, Reg b) { return _mm512_mul_pd(a, b); }
  static Reg max(Reg a, Reg b) { return _mm512_max_pd(a, b); }  // b where one is NaN
  static double reduce_add(Reg x) { return _mm512_reduce_add_pd(x); }
  static double reduce_max(Reg x) { return _mm512_reduce_max_pd(x); }
  static Reg exp(Reg x) {
    const Reg inside = _mm512_min_pd(set1(709.4), _mm512_max_pd(set1(-708.39), x));  // a NaN passes
    const Reg n = _mm512_roundscale_pd(mul(inside, set1(1.4426950408889634)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const Reg y = _mm512_scalef_pd(exp_polynomial<F64>(inside, n), n);
    return _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(x, set1(-708.39), _CMP_NLT_UQ), y);  // below: 0
  }
  static Reg div(Reg a, Reg b) { return _mm512_div_pd(a, b); }
  static Reg activate(Unary f, Reg x) { return activate_lanes<F64>(f, x); }
  static int64_t transpose_panel(const double* from, int64_t from_row, int64_t k, double* to) {
    return transpose_columns<2 * width>(from, from_row, k, to);
  }
};

}  // namespace
}  // namespace ceir
