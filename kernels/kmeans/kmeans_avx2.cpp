// AVX2: 6 centres x 2 vectors, 12 accumulators of 16 registers; a block of points is done in two halves.
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/kmeans/kmeans_tile.h"

namespace ceir {
namespace {

struct Lane32 {
  using T = float;
  using Vec = __m256;
  using Mask = __m256;
  using Index = __m256i;
  static constexpr int width = 8, vecs = 2, tile = 6;
  static Vec zero() { return _mm256_setzero_ps(); }
  static Vec infinity() { return _mm256_set1_ps(__builtin_inff()); }
  static Vec load(const float* p) { return _mm256_loadu_ps(p); }
  static void store(float* p, Vec v) { _mm256_storeu_ps(p, v); }
  static Vec broadcast(float f) { return _mm256_set1_ps(f); }
  static Vec fma(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }
  static Vec add(Vec a, Vec b) { return _mm256_add_ps(a, b); }
  static Vec min(Vec a, Vec b) { return _mm256_min_ps(a, b); }
  static Vec max(Vec a, Vec b) { return _mm256_max_ps(a, b); }
  static Mask less(Vec a, Vec b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
  static Vec select(Mask m, Vec yes, Vec no) { return _mm256_blendv_ps(no, yes, m); }
  static Index select(Mask m, Index yes, Index no) { return _mm256_blendv_epi8(no, yes, _mm256_castps_si256(m)); }
  static Index index(int32_t i) { return _mm256_set1_epi32(i); }
  static void store_index(int32_t* p, Index i) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), i); }
  static double sum(Vec v) {
    const __m256d four = _mm256_add_pd(_mm256_cvtps_pd(_mm256_castps256_ps128(v)),
                                       _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1)));
    const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
    return _mm_cvtsd_f64(two) + _mm_cvtsd_f64(_mm_unpackhi_pd(two, two));
  }
};

struct Lane64 {
  using T = double;
  using Vec = __m256d;
  using Mask = __m256d;
  using Index = __m256i;  // 64-bit labels, so that they line up with the mask
  static constexpr int width = 4, vecs = 2, tile = 6;
  static Vec zero() { return _mm256_setzero_pd(); }
  static Vec infinity() { return _mm256_set1_pd(__builtin_inf()); }
  static Vec load(const double* p) { return _mm256_loadu_pd(p); }
  static void store(double* p, Vec v) { _mm256_storeu_pd(p, v); }
  static Vec broadcast(double f) { return _mm256_set1_pd(f); }
  static Vec fma(Vec a, Vec b, Vec c) { return _mm256_fmadd_pd(a, b, c); }
  static Vec add(Vec a, Vec b) { return _mm256_add_pd(a, b); }
  static Vec min(Vec a, Vec b) { return _mm256_min_pd(a, b); }
  static Vec max(Vec a, Vec b) { return _mm256_max_pd(a, b); }
  static Mask less(Vec a, Vec b) { return _mm256_cmp_pd(a, b, _CMP_LT_OQ); }
  static Vec select(Mask m, Vec yes, Vec no) { return _mm256_blendv_pd(no, yes, m); }
  static Index select(Mask m, Index yes, Index no) { return _mm256_blendv_epi8(no, yes, _mm256_castpd_si256(m)); }
  static Index index(int32_t i) { return _mm256_set1_epi64x(i); }
  static void store_index(int32_t* p, Index i) {
    const __m256i low = _mm256_permutevar8x32_epi32(i, _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(low));
  }
  static double sum(Vec v) {
    const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(v), _mm256_extractf128_pd(v, 1));
    return _mm_cvtsd_f64(two) + _mm_cvtsd_f64(_mm_unpackhi_pd(two, two));
  }
};

}  // namespace

void kmeans_assign_avx2(const KMeansAssign<float>& a) { assign_all<Lane32>(a); }
void kmeans_assign_avx2_f64(const KMeansAssign<double>& a) { assign_all<Lane64>(a); }
void kmeans_candidates_avx2(const KMeansCandidates<float>& a) { candidates_all<Lane32>(a); }
void kmeans_candidates_avx2_f64(const KMeansCandidates<double>& a) { candidates_all<Lane64>(a); }

}  // namespace ceir
#endif
