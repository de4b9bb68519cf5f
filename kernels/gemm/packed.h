// B laid out once as the matrix product reads it, for weights that do not change.
#pragma once
#include <cstdint>

namespace ceir {

// Panels of `width` columns, one after the other: element (p, j) of B is at
// packed[(j / width) * k * width + p * width + j % width]; columns past n are 0.

// The panel width of the variant that gemm_variants (gemm_f64_variants) would choose now; 0 when it reads B as it is.
template <class T> int64_t gemm_panel_width();

inline int64_t packed_size(int64_t k, int64_t n, int64_t width) { return (n + width - 1) / width * width * k; }

// b (k, n) with strides -> packed (packed_size elements).
template <class T>
void pack_b(const T* b, int64_t b_row, int64_t b_col, int64_t k, int64_t n, int64_t width, T* packed);

// The way back: packed -> b (k, n) with strides, exactly what was packed.
template <class T>
void unpack_b(const T* packed, int64_t k, int64_t n, int64_t width, T* b, int64_t b_row, int64_t b_col);

extern template int64_t gemm_panel_width<float>();
extern template int64_t gemm_panel_width<double>();
extern template void pack_b<float>(const float*, int64_t, int64_t, int64_t, int64_t, int64_t, float*);
extern template void pack_b<double>(const double*, int64_t, int64_t, int64_t, int64_t, int64_t, double*);
extern template void unpack_b<float>(const float*, int64_t, int64_t, int64_t, float*, int64_t, int64_t);
extern template void unpack_b<double>(const double*, int64_t, int64_t, int64_t, double*, int64_t, int64_t);

}  // namespace ceir
