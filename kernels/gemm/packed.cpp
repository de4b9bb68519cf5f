#include "kernels/gemm/packed.h"

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

template <class T>
void pack_b(const T* b, int64_t b_row, int64_t b_col, int64_t k, int64_t n, int64_t width, T* packed) {
  parallel_for((n + width - 1) / width, 1, [&](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; panel++)
      for (int64_t j = 0; j < width; j++) {
        T* to = packed + panel * k * width + j;
        const int64_t column = panel * width + j;
        const T* from = b + column * b_col;
        for (int64_t p = 0; p < k; p++) to[p * width] = column < n ? from[p * b_row] : T(0);
      }
  });
}

template int64_t gemm_panel_width<float>();
template int64_t gemm_panel_width<double>();
template void pack_b<float>(const float*, int64_t, int64_t, int64_t, int64_t, int64_t, float*);
template void pack_b<double>(const double*, int64_t, int64_t, int64_t, int64_t, int64_t, double*);

}  // namespace ceir
