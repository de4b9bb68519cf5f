// Vectors of AVX2 (with FMA): F32 holds 8 floats, F64 4 doubles. Included by *_avx2.cpp files alone; everything is
// internal to the file that includes it, since such a file may define no weak symbol. simd_avx512.h has the same names.
#pragma once
#include <immintrin.h>

#include <cstdint>

namespace ceir::simd {
namespace {

alignas(64) const int32_t avx2_words[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
alignas(64) const int64_t avx2_longs[8] = {-1, -1, -1, -1, 0, 0, 0, 0};

struct F32 {
  using Scalar = float;
  static constexpr int width = 8;
  struct Mask { __m256 m; };
  __m256 v;

  static __m256i first(int n) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(avx2_words + 8 - n)); }
  static F32 zero() { return {_mm256_setzero_ps()}; }
  static F32 set(float x) { return {_mm256_set1_ps(x)}; }
  static F32 load(const float* p) { return {_mm256_loadu_ps(p)}; }
  static F32 load(const float* p, int n) { return {_mm256_maskload_ps(p, first(n))}; }  // n < width; the rest is 0
  void store(float* p) const { _mm256_storeu_ps(p, v); }
  void store(float* p, int n) const { _mm256_maskstore_ps(p, first(n), v); }
  F32 keep(int n) const { return {_mm256_and_ps(v, _mm256_castsi256_ps(first(n)))}; }  // the first n; 0 elsewhere
  F32 keep(int n, F32 other) const { return {_mm256_blendv_ps(other.v, v, _mm256_castsi256_ps(first(n)))}; }

  friend F32 operator+(F32 a, F32 b) { return {_mm256_add_ps(a.v, b.v)}; }
  friend F32 operator-(F32 a, F32 b) { return {_mm256_sub_ps(a.v, b.v)}; }
  friend F32 operator*(F32 a, F32 b) { return {_mm256_mul_ps(a.v, b.v)}; }
  friend F32 operator/(F32 a, F32 b) { return {_mm256_div_ps(a.v, b.v)}; }
  friend F32 operator-(F32 a) { return {_mm256_xor_ps(a.v, _mm256_set1_ps(-0.0f))}; }
  friend F32 fma(F32 a, F32 b, F32 c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }    // a b + c
  friend F32 fnma(F32 a, F32 b, F32 c) { return {_mm256_fnmadd_ps(a.v, b.v, c.v)}; }  // c - a b
  friend F32 max(F32 a, F32 b) { return {_mm256_max_ps(a.v, b.v)}; }  // b where either is NaN
  friend F32 min(F32 a, F32 b) { return {_mm256_min_ps(a.v, b.v)}; }  // b where either is NaN
  friend F32 sqrt(F32 a) { return {_mm256_sqrt_ps(a.v)}; }
  friend F32 abs(F32 a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
  friend F32 copysign(F32 a, F32 sign) {
    const __m256 bit = _mm256_set1_ps(-0.0f);
    return {_mm256_or_ps(_mm256_andnot_ps(bit, a.v), _mm256_and_ps(bit, sign.v))};
  }
  friend F32 round(F32 a) { return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
  friend Mask operator<(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ)}; }
  friend Mask operator<=(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LE_OQ)}; }
  friend Mask operator==(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_EQ_OQ)}; }
  friend Mask is_nan(F32 a) { return {_mm256_cmp_ps(a.v, a.v, _CMP_UNORD_Q)}; }
  friend F32 select(Mask m, F32 yes, F32 no) { return {_mm256_blendv_ps(no.v, yes.v, m.m)}; }
  friend bool any(Mask m) { return _mm256_movemask_ps(m.m) != 0; }

  // p 2^n for whole n in [-252, 254]: in two steps, since 2^n alone may not be a normal number.
  friend F32 times_power_of_2(F32 p, F32 n) {
    const __m256i e = _mm256_cvtps_epi32(n.v), half = _mm256_srai_epi32(e, 1), rest = _mm256_sub_epi32(e, half);
    const __m256i bias = _mm256_set1_epi32(127);
    const __m256 a = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23));
    const __m256 b = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(rest, bias), 23));
    return {_mm256_mul_ps(_mm256_mul_ps(p.v, a), b)};
  }
  // Normal positive a = m 2^e with m in [sqrt(1/2), sqrt(2)).
  friend F32 split(F32 a, F32& e) {
    const __m256i bits = _mm256_castps_si256(a.v);
    const __m256i n = _mm256_srai_epi32(_mm256_sub_epi32(bits, _mm256_set1_epi32(0x3f3504f3)), 23);
    e.v = _mm256_cvtepi32_ps(n);
    return {_mm256_castsi256_ps(_mm256_sub_epi32(bits, _mm256_slli_epi32(n, 23)))};
  }

  float sum() const {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
  }
  float largest() const {
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_shuffle_ps(s, s, 1)));
  }
};

struct F64 {
  using Scalar = double;
  static constexpr int width = 4;
  struct Mask { __m256d m; };
  __m256d v;

  static __m256i first(int n) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(avx2_longs + 4 - n)); }
  static F64 zero() { return {_mm256_setzero_pd()}; }
  static F64 set(double x) { return {_mm256_set1_pd(x)}; }
  static F64 load(const double* p) { return {_mm256_loadu_pd(p)}; }
  static F64 load(const double* p, int n) { return {_mm256_maskload_pd(p, first(n))}; }
  void store(double* p) const { _mm256_storeu_pd(p, v); }
  void store(double* p, int n) const { _mm256_maskstore_pd(p, first(n), v); }
  F64 keep(int n) const { return {_mm256_and_pd(v, _mm256_castsi256_pd(first(n)))}; }
  F64 keep(int n, F64 other) const { return {_mm256_blendv_pd(other.v, v, _mm256_castsi256_pd(first(n)))}; }

  friend F64 operator+(F64 a, F64 b) { return {_mm256_add_pd(a.v, b.v)}; }
  friend F64 operator-(F64 a, F64 b) { return {_mm256_sub_pd(a.v, b.v)}; }
  friend F64 operator*(F64 a, F64 b) { return {_mm256_mul_pd(a.v, b.v)}; }
  friend F64 operator/(F64 a, F64 b) { return {_mm256_div_pd(a.v, b.v)}; }
  friend F64 operator-(F64 a) { return {_mm256_xor_pd(a.v, _mm256_set1_pd(-0.0))}; }
  friend F64 fma(F64 a, F64 b, F64 c) { return {_mm256_fmadd_pd(a.v, b.v, c.v)}; }
  friend F64 fnma(F64 a, F64 b, F64 c) { return {_mm256_fnmadd_pd(a.v, b.v, c.v)}; }
  friend F64 max(F64 a, F64 b) { return {_mm256_max_pd(a.v, b.v)}; }
  friend F64 min(F64 a, F64 b) { return {_mm256_min_pd(a.v, b.v)}; }
  friend F64 sqrt(F64 a) { return {_mm256_sqrt_pd(a.v)}; }
  friend F64 abs(F64 a) { return {_mm256_andnot_pd(_mm256_set1_pd(-0.0), a.v)}; }
  friend F64 round(F64 a) { return {_mm256_round_pd(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
  friend Mask operator<(F64 a, F64 b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_LT_OQ)}; }
  friend Mask operator<=(F64 a, F64 b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_LE_OQ)}; }
  friend Mask operator==(F64 a, F64 b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_EQ_OQ)}; }
  friend Mask is_nan(F64 a) { return {_mm256_cmp_pd(a.v, a.v, _CMP_UNORD_Q)}; }
  friend F64 select(Mask m, F64 yes, F64 no) { return {_mm256_blendv_pd(no.v, yes.v, m.m)}; }
  friend bool any(Mask m) { return _mm256_movemask_pd(m.m) != 0; }

  // p 2^n for whole n in [-2044, 2046]
  friend F64 times_power_of_2(F64 p, F64 n) {
    const __m128i e = _mm256_cvtpd_epi32(n.v), half = _mm_srai_epi32(e, 1), rest = _mm_sub_epi32(e, half);
    const __m256i bias = _mm256_set1_epi64x(1023);
    const __m256d a = _mm256_castsi256_pd(_mm256_slli_epi64(_mm256_add_epi64(_mm256_cvtepi32_epi64(half), bias), 52));
    const __m256d b = _mm256_castsi256_pd(_mm256_slli_epi64(_mm256_add_epi64(_mm256_cvtepi32_epi64(rest), bias), 52));
    return {_mm256_mul_pd(_mm256_mul_pd(p.v, a), b)};
  }

  double sum() const {
    const __m128d s = _mm_add_pd(_mm256_castpd256_pd128(v), _mm256_extractf128_pd(v, 1));
    return _mm_cvtsd_f64(_mm_add_sd(s, _mm_unpackhi_pd(s, s)));
  }
  double largest() const {
    const __m128d s = _mm_max_pd(_mm256_castpd256_pd128(v), _mm256_extractf128_pd(v, 1));
    return _mm_cvtsd_f64(_mm_max_sd(s, _mm_unpackhi_pd(s, s)));
  }
};

}  // namespace
}  // namespace ceir::simd
