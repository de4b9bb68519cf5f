// The blocked matrix product for AVX2 and FMA.
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/gemm/activate.h"
#include "kernels/gemm/gemm_blocked.h"
#include "kernels/gemm/transpose.h"
#include "kernels/gemm/variants.h"

namespace ceir {
namespace {

alignas(64) const int32_t mask_words[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
inline __m256i first_words(int64_t n) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(mask_words + 8 - n));
}

struct F32 {
  using T = float;
  using Reg = __m256;
  static constexpr int width = 8, rows = 6;
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
  static Reg activate(Unary f, Reg x) {
    alignas(32) float y[width];
    _mm256_store_ps(y, x);
    activate_scalars(f, y, width);
    return _mm256_load_ps(y);
  }
  static int64_t transpose_panel(const float* from, int64_t from_row, int64_t k, float* to) {
    return transpose_columns<2 * width>(from, from_row, k, to);
  }
};

struct F64 {
  using T = double;
  using Reg = __m256d;
  static constexpr int width = 4, rows = 6;
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
  static Reg activate(Unary f, Reg x) {
    alignas(32) double y[width];
    _mm256_store_pd(y, x);
    activate_scalars(f, y, width);
    return _mm256_load_pd(y);
  }
  static int64_t transpose_panel(const double* from, int64_t from_row, int64_t k, double* to) {
    return transpose_columns<2 * width>(from, from_row, k, to);
  }
};

}  // namespace

void gemm_avx2(const Gemm<float>& g) { gemm_blocked<F32>(g); }
void gemm_avx2(const Gemm<double>& g) { gemm_blocked<F64>(g); }

}  // namespace ceir
#endif
