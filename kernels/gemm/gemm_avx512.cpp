// The blocked matrix product for AVX-512.
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/gemm/activate.h"
#include "kernels/gemm/gemm_blocked.h"
#include "kernels/gemm/transpose.h"
#include "kernels/gemm/variants.h"

namespace ceir {
namespace {

inline unsigned first(int64_t n) { return (1u << n) - 1; }

struct F32 {
  using T = float;
  using Reg = __m512;
  static constexpr int width = 16, rows = 12;
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
  static Reg activate(Unary f, Reg x) {
    alignas(64) float y[width];
    _mm512_store_ps(y, x);
    activate_scalars(f, y, width);
    return _mm512_load_ps(y);
  }
  static int64_t transpose_panel(const float* from, int64_t from_row, int64_t k, float* to) {
    return transpose_columns<2 * width>(from, from_row, k, to);
  }
};

struct F64 {
  using T = double;
  using Reg = __m512d;
  static constexpr int width = 8, rows = 12;
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
  static Reg activate(Unary f, Reg x) {
    alignas(64) double y[width];
    _mm512_store_pd(y, x);
    activate_scalars(f, y, width);
    return _mm512_load_pd(y);
  }
  static int64_t transpose_panel(const double* from, int64_t from_row, int64_t k, double* to) {
    return transpose_columns<2 * width>(from, from_row, k, to);
  }
};

}  // namespace

void gemm_avx512(const Gemm<float>& g) { gemm_blocked<F32>(g); }
void gemm_avx512(const Gemm<double>& g) { gemm_blocked<F64>(g); }

}  // namespace ceir
#endif
