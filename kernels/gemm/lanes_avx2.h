// What the blocked matrix product and attention need of a register of AVX2 and FMA. Internal to the files that include it.
#pragma once
#include <immintrin.h>

#include "kernels/gemm/activate.h"
#include "kernels/gemm/exp_polynomial.h"
#include "kernels/gemm/transpose.h"

namespace ceir {
namespace {

alignas(64) const int32_t mask_words[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
inline __m256i first_words(int64_t n) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(mask_words + 8 - n));
}

struct F32 {
  using T = float;
  using Reg = __m256;
  static constexpr int width = 8, rows = 6, longest_block = 384;
  static Reg zero() { return _mm256_setzero_ps(); }
  static Reg set1(float x) { return _mm256_set1_ps(x); }
  static Reg load(const float* p) { return _mm256_loadu_ps(p); }
  static void store(float* p, Reg x) { _mm256_storeu_ps(p, x); }
  static Reg load_part(const float* p, int64_t n) {
    return n == width ? _mm256_loadu_ps(p) : _mm256_maskload_ps(p, first_words(n));
  }
  static void store_part(float* p, Reg x, int64_t n) {
    if (n == width) _mm256_storeu_ps(p, x);
    else _mm256_maskstore_ps(p, first_words(n), x);
  }
  static Reg add(Reg a, Reg b) { return _mm256_add_ps(a, b); }
  static Reg fma(Reg a, Reg b, Reg c) { return _mm256_fmadd_ps(a, b, c); }
  static Reg sub(Reg a, Reg b) { return _mm256_sub_ps(a, b); }
  static Reg mul(Reg a, Reg b) { return _mm256_mul_ps(a, b); }
  static Reg max(Reg a, Reg b) { return _mm256_max_ps(a, b); }  // b where one is NaN
  static float reduce_add(Reg x) {  // lanes i and i + 4, then halves: a fixed order
    const __m128 a = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    const __m128 b = _mm_add_ps(a, _mm_movehl_ps(a, a));
    return _mm_cvtss_f32(_mm_add_ss(b, _mm_movehdup_ps(b)));
  }
  static float reduce_max(Reg x) {
    const __m128 a = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    const __m128 b = _mm_max_ps(a, _mm_movehl_ps(a, a));
    return _mm_cvtss_f32(_mm_max_ss(b, _mm_movehdup_ps(b)));
  }
  static Reg exp(Reg x) {
    const Reg inside = _mm256_min_ps(set1(88.72f), _mm256_max_ps(set1(-87.33f), x));  // a NaN passes
    const Reg n = _mm256_round_ps(mul(inside, set1(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const Reg p = exp_polynomial<F32>(inside, n);
    const Reg two_n = _mm256_castsi256_ps(
        _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23));
    return _mm256_and_ps(mul(p, two_n), _mm256_cmp_ps(x, set1(-87.33f), _CMP_NLT_UQ));  // below: 0
  }
  static Reg div(Reg a, Reg b) { return _mm256_div_ps(a, b); }
  static Reg activate(Unary f, Reg x) { return activate_lanes<F32>(f, x); }
  static int64_t transpose_panel(const float* from, int64_t from_row, int64_t k, float* to) {
    return transpose_columns<2 * width>(from, from_row, k, to);
  }
};

struct F64 {
  using T = double;
  using Reg = __m256d;
  static constexpr int width = 4, rows = 6, longest_block = 384;
  static Reg zero() { return _mm256_setzero_pd(); }
  static Reg set1(double x) { return _mm256_set1_pd(x); }
  static Reg load(const double* p) { return _mm256_loadu_pd(p); }
  static void store(double* p, Reg x) { _mm256_storeu_pd(p, x); }
  static Reg load_part(const double* p, int64_t n) {
    return n == width ? _mm256_loadu_pd(p) : _mm256_maskload_pd(p, first_words(2 * n));
  }
  static void store_part(double* p, Reg x, int64_t n) {
    if (n == width) _mm256_storeu_pd(p, x);
    else _mm256_maskstore_pd(p, first_words(2 * n), x);
  }
  static Reg add(Reg a, Reg b) { return _mm256_add_pd(a, b); }
  static Reg fma(Reg a, Reg b, Reg c) { return _mm256_fmadd_pd(a, b, c); }
  static Reg sub(Reg a, Reg b) { return _mm256_sub_pd(a, b); }
  static Reg mul(Reg a, Reg b) { return _mm256_mul_pd(a, b); }
  static Reg max(Reg a, Reg b) { return _mm256_max_pd(a, b); }  // b where one is NaN
  static double reduce_add(Reg x) {
    const __m128d a = _mm_add_pd(_mm256_castpd256_pd128(x), _mm256_extractf128_pd(x, 1));
    return _mm_cvtsd_f64(_mm_add_sd(a, _mm_unpackhi_pd(a, a)));
  }
  static double reduce_max(Reg x) {
    const __m128d a = _mm_max_pd(_mm256_castpd256_pd128(x), _mm256_extractf128_pd(x, 1));
    return _mm_cvtsd_f64(_mm_max_sd(a, _mm_unpackhi_pd(a, a)));
  }
  static Reg exp(Reg x) {
    const Reg inside = _mm256_min_pd(set1(709.4), _mm256_max_pd(set1(-708.39), x));  // a NaN passes
    const Reg n = _mm256_round_pd(mul(inside, set1(1.4426950408889634)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const Reg p = exp_polynomial<F64>(inside, n);
    const __m256i two_n = _mm256_slli_epi64(
        _mm256_cvtepi32_epi64(_mm_add_epi32(_mm256_cvtpd_epi32(n), _mm_set1_epi32(1023))), 52);
    return _mm256_and_pd(mul(p, _mm256_castsi256_pd(two_n)), _mm256_cmp_pd(x, set1(-708.39), _CMP_NLT_UQ));  // below: 0
  }
  static Reg div(Reg a, Reg b) { return _mm256_div_pd(a, b); }
  static Reg activate(Unary f, Reg x) { return activate_lanes<F64>(f, x); }
  static int64_t transpose_panel(const double* from, int64_t from_row, int64_t k, double* to) {
    return transpose_columns<2 * width>(from, from_row, k, to);
  }
};

}  // namespace
}  // namespace ceir
