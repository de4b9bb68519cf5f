// AVX-512: 12 centres x 2 vectors, 24 accumulators and 8 registers for operands.
#if defined(__x86_64__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // gcc 12 says both of its own intrinsics
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>

#include "kernels/kmeans/kmeans_tile.h"

namespace ceir {
namespace {

struct Lane32 {
  using T = float;
  using Vec = __m512;
  using Mask = __mmask16;
  using Index = __m512i;
  static constexpr int width = 16, vecs = 2, tile = 12;
  static Vec zero() { return _mm512_setzero_ps(); }
  static Vec infinity() { return _mm512_set1_ps(__builtin_inff()); }
  static Vec load(const float* p) { return _mm512_loadu_ps(p); }
  static void store(float* p, Vec v) { _mm512_storeu_ps(p, v); }
  static Vec broadcast(float f) { return _mm512_set1_ps(f); }
  static Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
  static Vec add(Vec a, Vec b) { return _mm512_add_ps(a, b); }
  static Vec min(Vec a, Vec b) { return _mm512_min_ps(a, b); }
  static Vec max(Vec a, Vec b) { return _mm512_max_ps(a, b); }
  static Mask less(Vec a, Vec b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
  static Vec select(Mask m, Vec yes, Vec no) { return _mm512_mask_mov_ps(no, m, yes); }
  static Index select(Mask m, Index yes, Index no) { return _mm512_mask_mov_epi32(no, m, yes); }
  static Index index(int32_t i) { return _mm512_set1_epi32(i); }
  static void store_index(int32_t* p, Index i) { _mm512_storeu_si512(p, i); }
  static double sum(Vec v) {
    return _mm512_reduce_add_pd(_mm512_add_pd(_mm512_cvtps_pd(_mm512_castps512_ps256(v)),
                                              _mm512_cvtps_pd(_mm512_extractf32x8_ps(v, 1))));
  }
};

struct Lane64 {
  using T = double;
  using Vec = __m512d;
  using Mask = __mmask8;
  using Index = __m256i;
  static constexpr int width = 8, vecs = 2, tile = 12;
  static Vec zero() { return _mm512_setzero_pd(); }
  static Vec infinity() { return _mm512_set1_pd(__builtin_inf()); }
  static Vec load(const double* p) { return _mm512_loadu_pd(p); }
  static void store(double* p, Vec v) { _mm512_storeu_pd(p, v); }
  static Vec broadcast(double f) { return _mm512_set1_pd(f); }
  static Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_pd(a, b, c); }
  static Vec add(Vec a, Vec b) { return _mm512_add_pd(a, b); }
  static Vec min(Vec a, Vec b) { return _mm512_min_pd(a, b); }
  static Vec max(Vec a, Vec b) { return _mm512_max_pd(a, b); }
  static Mask less(Vec a, Vec b) { return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ); }
  static Vec select(Mask m, Vec yes, Vec no) { return _mm512_mask_mov_pd(no, m, yes); }
  static Index select(Mask m, Index yes, Index no) { return _mm256_mask_mov_epi32(no, m, yes); }
  static Index index(int32_t i) { return _mm256_set1_epi32(i); }
  static void store_index(int32_t* p, Index i) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), i); }
  static double sum(Vec v) { return _mm512_reduce_add_pd(v); }
};

}  // namespace

void kmeans_assign_avx512(const KMeansAssign<float>& a) { assign_all<Lane32>(a); }
void kmeans_assign_avx512_f64(const KMeansAssign<double>& a) { assign_all<Lane64>(a); }
void kmeans_candidates_avx512(const KMeansCandidates<float>& a) { candidates_all<Lane32>(a); }
void kmeans_candidates_avx512_f64(const KMeansCandidates<double>& a) { candidates_all<Lane64>(a); }

}  // namespace ceir
#endif
