// Transposing small blocks in registers (AVX2), for packing. Internal to the files that include it.
#pragma once
#include <immintrin.h>

#include <cstdint>

namespace ceir {
namespace {

// to[p * to_row + j] = from[j * from_row + p] for j, p < 8.
static inline void transpose_block(const float* from, int64_t from_row, float* to, int64_t to_row) {
  __m256 r[8], t[8];
#pragma GCC unroll 8
  for (int i = 0; i < 8; i++) r[i] = _mm256_loadu_ps(from + i * from_row);
#pragma GCC unroll 4
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
  }
#pragma GCC unroll 2
  for (int i = 0; i < 8; i += 4) {
    r[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
    r[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xee);
    r[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
    r[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    _mm256_storeu_ps(to + i * to_row, _mm256_permute2f128_ps(r[i], r[i + 4], 0x20));
    _mm256_storeu_ps(to + (i + 4) * to_row, _mm256_permute2f128_ps(r[i], r[i + 4], 0x31));
  }
}

// The same for 4 x 4 doubles.
static inline void transpose_block(const double* from, int64_t from_row, double* to, int64_t to_row) {
  const __m256d a = _mm256_loadu_pd(from), b = _mm256_loadu_pd(from + from_row);
  const __m256d c = _mm256_loadu_pd(from + 2 * from_row), d = _mm256_loadu_pd(from + 3 * from_row);
  const __m256d ab0 = _mm256_unpacklo_pd(a, b), ab1 = _mm256_unpackhi_pd(a, b);
  const __m256d cd0 = _mm256_unpacklo_pd(c, d), cd1 = _mm256_unpackhi_pd(c, d);
  _mm256_storeu_pd(to, _mm256_permute2f128_pd(ab0, cd0, 0x20));
  _mm256_storeu_pd(to + to_row, _mm256_permute2f128_pd(ab1, cd1, 0x20));
  _mm256_storeu_pd(to + 2 * to_row, _mm256_permute2f128_pd(ab0, cd0, 0x31));
  _mm256_storeu_pd(to + 3 * to_row, _mm256_permute2f128_pd(ab1, cd1, 0x31));
}

// `width` columns whose elements are dense -> rows `width` apart, as far as whole blocks go; returns the rows done.
template <int width, class T>
static int64_t transpose_columns(const T* from, int64_t from_row, int64_t k, T* to) {
  constexpr int64_t step = 32 / sizeof(T);
  const int64_t whole = k / step * step;
  for (int64_t p = 0; p < whole; p += step)
    for (int64_t j = 0; j < width; j += step) transpose_block(from + j * from_row + p, from_row, to + p * width + j, width);
  return whole;
}

}  // namespace
}  // namespace ceir
