// Vectors of AVX-512 (F, DQ, BW, VL): F32 holds 16 floats, F64 8 doubles. Included by *_avx512.cpp files alone;
// everything is internal to the file that includes it. The names are those of simd_avx2.h, where they are explained.
#pragma once
#include <immintrin.h>

#include <cstdint>

namespace ceir::simd {
namespace {

struct F32 {
  using Scalar = float;
  static constexpr int width = 16;
  struct Mask { __mmask16 m; };
  __m512 v;

  static __mmask16 first(int n) { return static_cast<__mmask16>((1u << n) - 1); }
  static F32 zero() { return {_mm512_setzero_ps()}; }
  static F32 set(float x) { return {_mm512_set1_ps(x)}; }
  static F32 load(const float* p) { return {_mm512_loadu_ps(p)}; }
  static F32 load(const float* p, int n) { return {_mm512_maskz_loadu_ps(first(n), p)}; }
  void store(float* p) const { _mm512_storeu_ps(p, v); }
  void store(float* p, int n) const { _mm512_mask_storeu_ps(p, first(n), v); }
  F32 keep(int n) const { return {_mm512_maskz_mov_ps(first(n), v)}; }
  F32 keep(int n, F32 other) const { return {_mm512_mask_mov_ps(other.v, first(n), v)}; }

  friend F32 operator+(F32 a, F32 b) { return {_mm512_add_ps(a.v, b.v)}; }
  friend F32 operator-(F32 a, F32 b) { return {_mm512_sub_ps(a.v, b.v)}; }
  friend F32 operator*(F32 a, F32 b) { return {_mm512_mul_ps(a.v, b.v)}; }
  friend F32 operator/(F32 a, F32 b) { return {_mm512_div_ps(a.v, b.v)}; }
  friend F32 operator-(F32 a) { return {_mm512_xor_ps(a.v, _mm512_set1_ps(-0.0f))}; }
  friend F32 fma(F32 a, F32 b, F32 c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
  friend F32 fnma(F32 a, F32 b, F32 c) { return {_mm512_fnmadd_ps(a.v, b.v, c.v)}; }
  friend F32 max(F32 a, F32 b) { return {_mm512_max_ps(a.v, b.v)}; }
  friend F32 min(F32 a, F32 b) { return {_mm512_min_ps(a.v, b.v)}; }
  friend F32 sqrt(F32 a) { return {_mm512_sqrt_ps(a.v)}; }
  friend F32 abs(F32 a) { return {_mm512_andnot_ps(_mm512_set1_ps(-0.0f), a.v)}; }
  friend F32 copysign(F32 a, F32 sign) {
    const __m512 bit = _mm512_set1_ps(-0.0f);
    return {_mm512_or_ps(_mm512_andnot_ps(bit, a.v), _mm512_and_ps(bit, sign.v))};
  }
  friend F32 round(F32 a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
  friend Mask operator<(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }
  friend Mask operator<=(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LE_OQ)}; }
  friend Mask operator==(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ)}; }
  friend Mask is_nan(F32 a) { return {_mm512_cmp_ps_mask(a.v, a.v, _CMP_UNORD_Q)}; }
  friend F32 select(Mask m, F32 yes, F32 no) { return {_mm512_mask_mov_ps(no.v, m.m, yes.v)}; }
  friend bool any(Mask m) { return m.m != 0; }

  friend F32 times_power_of_2(F32 p, F32 n) { return {_mm512_scalef_ps(p.v, n.v)}; }
  friend F32 split(F32 a, F32& e) {
    const __m512i bits = _mm512_castps_si512(a.v);
    const __m512i n = _mm512_srai_epi32(_mm512_sub_epi32(bits, _mm512_set1_epi32(0x3f3504f3)), 23);
    e.v = _mm512_cvtepi32_ps(n);
    return {_mm512_castsi512_ps(_mm512_sub_epi32(bits, _mm512_slli_epi32(n, 23)))};
  }

  float sum() const {
    const __m256 h = _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
  }
  float largest() const {
    const __m256 h = _mm256_max_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_shuffle_ps(s, s, 1)));
  }
};

struct F64 {
  using Scalar = double;
  static constexpr int width = 8;
  struct Mask { __mmask8 m; };
  __m512d v;

  static __mmask8 first(int n) { return static_cast<__mmask8>((1u << n) - 1); }
  static F64 zero() { return {_mm512_setzero_pd()}; }
  static F64 set(double x) { return {_mm512_set1_pd(x)}; }
  static F64 load(const double* p) { return {_mm512_loadu_pd(p)}; }
  static F64 load(const double* p, int n) { return {_mm512_maskz_loadu_pd(first(n), p)}; }
  void store(double* p) const { _mm512_storeu_pd(p, v); }
  void store(double* p, int n) const { _mm512_mask_storeu_pd(p, first(n), v); }
  F64 keep(int n) const { return {_mm512_maskz_mov_pd(first(n), v)}; }
  F64 keep(int n, F64 other) const { return {_mm512_mask_mov_pd(other.v, first(n), v)}; }

  friend F64 operator+(F64 a, F64 b) { return {_mm512_add_pd(a.v, b.v)}; }
  friend F64 operator-(F64 a, F64 b) { return {_mm512_sub_pd(a.v, b.v)}; }
  friend F64 operator*(F64 a, F64 b) { return {_mm512_mul_pd(a.v, b.v)}; }
  friend F64 operator/(F64 a, F64 b) { return {_mm512_div_pd(a.v, b.v)}; }
  friend F64 operator-(F64 a) { return {_mm512_xor_pd(a.v, _mm512_set1_pd(-0.0))}; }
  friend F64 fma(F64 a, F64 b, F64 c) { return {_mm512_fmadd_pd(a.v, b.v, c.v)}; }
  friend F64 fnma(F64 a, F64 b, F64 c) { return {_mm512_fnmadd_pd(a.v, b.v, c.v)}; }
  friend F64 max(F64 a, F64 b) { return {_mm512_max_pd(a.v, b.v)}; }
  friend F64 min(F64 a, F64 b) { return {_mm512_min_pd(a.v, b.v)}; }
  friend F64 sqrt(F64 a) { return {_mm512_sqrt_pd(a.v)}; }
  friend F64 abs(F64 a) { return {_mm512_andnot_pd(_mm512_set1_pd(-0.0), a.v)}; }
  friend F64 round(F64 a) { return {_mm512_roundscale_pd(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
  friend Mask operator<(F64 a, F64 b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_LT_OQ)}; }
  friend Mask operator<=(F64 a, F64 b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_LE_OQ)}; }
  friend Mask operator==(F64 a, F64 b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_EQ_OQ)}; }
  friend Mask is_nan(F64 a) { return {_mm512_cmp_pd_mask(a.v, a.v, _CMP_UNORD_Q)}; }
  friend F64 select(Mask m, F64 yes, F64 no) { return {_mm512_mask_mov_pd(no.v, m.m, yes.v)}; }
  friend bool any(Mask m) { return m.m != 0; }

  friend F64 times_power_of_2(F64 p, F64 n) { return {_mm512_scalef_pd(p.v, n.v)}; }

  double sum() const {
    const __m256d h = _mm256_add_pd(_mm512_castpd512_pd256(v), _mm512_extractf64x4_pd(v, 1));
    const __m128d s = _mm_add_pd(_mm256_castpd256_pd128(h), _mm256_extractf128_pd(h, 1));
    return _mm_cvtsd_f64(_mm_add_sd(s, _mm_unpackhi_pd(s, s)));
  }
  double largest() const {
    const __m256d h = _mm256_max_pd(_mm512_castpd512_pd256(v), _mm512_extractf64x4_pd(v, 1));
    const __m128d s = _mm_max_pd(_mm256_castpd256_pd128(h), _mm256_extractf128_pd(h, 1));
    return _mm_cvtsd_f64(_mm_max_sd(s, _mm_unpackhi_pd(s, s)));
  }
};

}  // namespace
}  // namespace ceir::simd
