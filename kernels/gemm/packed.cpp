#include "kernels/gemm/packed.h"

#include <algorithm>
#include <string_view>
#include <type_traits>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "kernels/base/threads.h"
#include "kernels/gemm/gemm.h"

namespace ceir {

template <class T>
int64_t gemm_panel_width() {
  std::string_view name;
  if constexpr (std::is_same_v<T, float>) name = gemm_variants.choose({}).name;
  else name = gemm_f64_variants.choose({}).name;
  const int64_t bytes = name == "avx512" ? 128 : name == "avx2" ? 64 : 0;  // two registers: see gemm_blocked.h
  return bytes / static_cast<int64_t>(sizeof(T));
}

namespace {

// Rows of a panel that are written in one go: 64 of them stay in the first-level cache while their columns come one by one.
constexpr int64_t rows_at_once = 64;

// Four columns, a step apart, to or from four neighbours in each row of a panel: to[p * to_row + j * to_col] =
// from[p * from_row + j * from_col] for j < 4, as far as whole blocks go; returns the rows done. Large weights are packed as
// fast as memory gives them, which one element at a time is not.
template <class T>
int64_t copy_four(const T*, int64_t, int64_t, T*, int64_t, int64_t, int64_t) {
  return 0;
}
#if defined(__SSE2__)
template <>
int64_t copy_four<float>(const float* from, int64_t from_row, int64_t from_col, float* to, int64_t to_row, int64_t to_col, int64_t rows) {
  // One side has its columns dense, the other its rows: a 4 x 4 block is turned on the way.
  if (!(from_row == 1 && to_col == 1) && !(from_col == 1 && to_row == 1)) return 0;
  const int64_t from_step = from_row == 1 ? from_col : from_row, to_step = to_col == 1 ? to_row : to_col;
  const int64_t whole = rows / 4 * 4;
  for (int64_t p = 0; p < whole; p += 4) {
    const float* source = from + p * from_row;
    float* target = to + p * to_row;
    __m128 a = _mm_loadu_ps(source), b = _mm_loadu_ps(source + from_step);
    __m128 c = _mm_loadu_ps(source + 2 * from_step), d = _mm_loadu_ps(source + 3 * from_step);
    _MM_TRANSPOSE4_PS(a, b, c, d);
    _mm_storeu_ps(target, a), _mm_storeu_ps(target + to_step, b);
    _mm_storeu_ps(target + 2 * to_step, c), _mm_storeu_ps(target + 3 * to_step, d);
  }
  return whole;
}
#endif

}  // namespace

template <class T>
void pack_b(const T* b, int64_t b_row, int64_t b_col, int64_t k, int64_t n, int64_t width, T* packed) {
  parallel_for((n + width - 1) / width, 1, [&](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; panel++)
      for (int64_t p0 = 0; p0 < k; p0 += rows_at_once) {
        const int64_t rows = std::min(rows_at_once, k - p0);
        for (int64_t j = 0; j < width;) {
          T* to = packed + (panel * k + p0) * width + j;
          const int64_t column = panel * width + j;
          const int64_t columns = j + 4 <= width && column + 4 <= n ? 4 : 1;
          const T* from = b + column * b_col + p0 * b_row;
          const int64_t done = columns == 4 ? copy_four(from, b_row, b_col, to, width, 1, rows) : 0;
          for (int64_t c = 0; c < columns; c++)
            for (int64_t p = done; p < rows; p++) to[p * width + c] = column < n ? from[p * b_row + c * b_col] : T(0);
          j += columns;
        }
      }
  });
}

template <class T>
void unpack_b(const T* packed, int64_t k, int64_t n, int64_t width, T* b, int64_t b_row, int64_t b_col) {
  parallel_for(n, width, [&](int64_t begin, int64_t end) {
    for (int64_t p0 = 0; p0 < k; p0 += rows_at_once)
      for (int64_t column = begin; column < end;) {
        const int64_t rows = std::min(rows_at_once, k - p0);
        const int64_t columns = column + 4 <= end && column % width + 4 <= width ? 4 : 1;
        const T* from = packed + (column / width * k + p0) * width + column % width;
        T* to = b + column * b_col + p0 * b_row;
        const int64_t done = columns == 4 ? copy_four(from, width, 1, to, b_row, b_col, rows) : 0;
        for (int64_t c = 0; c < columns; c++)
          for (int64_t p = done; p < rows; p++) to[p * b_row + c * b_col] = from[p * width + c];
        column += columns;
      }
  });
}

template int64_t gemm_panel_width<float>();
template int64_t gemm_panel_width<double>();
template void pack_b<float>(const float*, int64_t, int64_t, int64_t, int64_t, int64_t, float*);
template void pack_b<double>(const double*, int64_t, int64_t, int64_t, int64_t, int64_t, double*);
template void unpack_b<float>(const float*, int64_t, int64_t, int64_t, float*, int64_t, int64_t);
template void unpack_b<double>(const double*, int64_t, int64_t, int64_t, double*, int64_t, int64_t);

}  // namespace ceir
