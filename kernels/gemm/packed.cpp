#include "kernels/gemm/packed.h"

#include <algorithm>
#include <string_view>
#include <type_traits>

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

}  // namespace

template <class T>
void pack_b(const T* b, int64_t b_row, int64_t b_col, int64_t k, int64_t n, int64_t width, T* packed) {
  parallel_for((n + width - 1) / width, 1, [&](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; panel++)
      for (int64_t p0 = 0; p0 < k; p0 += rows_at_once) {
        const int64_t rows = std::min(rows_at_once, k - p0);
        for (int64_t j = 0; j < width; j++) {
          T* to = packed + (panel * k + p0) * width + j;
          const int64_t column = panel * width + j;
          if (column >= n) {
            for (int64_t p = 0; p < rows; p++) to[p * width] = T(0);
            continue;
          }
          const T* from = b + column * b_col + p0 * b_row;
          for (int64_t p = 0; p < rows; p++) to[p * width] = from[p * b_row];
        }
      }
  });
}

template <class T>
void unpack_b(const T* packed, int64_t k, int64_t n, int64_t width, T* b, int64_t b_row, int64_t b_col) {
  parallel_for(n, width, [&](int64_t begin, int64_t end) {
    for (int64_t p0 = 0; p0 < k; p0 += rows_at_once)
      for (int64_t column = begin; column < end; column++) {
        const T* from = packed + (column / width * k + p0) * width + column % width;
        T* to = b + column * b_col + p0 * b_row;
        for (int64_t p = 0; p < std::min(rows_at_once, k - p0); p++) to[p * b_row] = from[p * width];
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
