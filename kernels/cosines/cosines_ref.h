// The plain implementation, in double; and the CPU's, a matrix product of rows of length 1.
#pragma once
#include <cmath>
#include <vector>

#include "kernels/base/rows.h"
#include "kernels/base/threads.h"
#include "kernels/cosines/cosines.h"
#include "kernels/gemm/gemm.h"

namespace ceir {

// 1 / |row|; 1 for a row of zeros.
template <class T>
double factor_of(const T* row, int64_t width) {
  double squares = 0;
  for (int64_t c = 0; c < width; c++) squares += static_cast<double>(row[c]) * static_cast<double>(row[c]);
  return squares == 0 ? 1 : 1 / std::sqrt(squares);
}

template <class T>
void cosines_ref(const Cosines<T>& p) {
  parallel_for(p.n, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++)
      for (int64_t j = 0; j < p.k; j++) {
        const T *a = p.a + i * p.width, *b = p.b + j * p.width;
        double sum = 0;
        for (int64_t c = 0; c < p.width; c++) sum += static_cast<double>(a[c]) * static_cast<double>(b[c]);
        p.y[i * p.k + j] = static_cast<T>(sum * factor_of(a, p.width) * factor_of(b, p.width));
      }
  });
}

template <class T>
std::vector<T> unit_rows(const T* x, int64_t n, int64_t width) {
  std::vector<T> y(static_cast<size_t>(n * width));
  parallel_for(n, rows_per_chunk(width), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const double factor = factor_of(x + i * width, width);
      for (int64_t c = 0; c < width; c++) y[static_cast<size_t>(i * width + c)] = static_cast<T>(static_cast<double>(x[i * width + c]) * factor);
    }
  });
  return y;
}

inline void multiply_on_cpu(const Gemm<float>& g, float) { gemm_variants(g, Device::cpu); }
inline void multiply_on_cpu(const Gemm<double>& g, double) { gemm_f64_variants(g, Device::cpu); }

template <class T>
void cosines_product(const Cosines<T>& p) {
  const std::vector<T> a = unit_rows(p.a, p.n, p.width), b = unit_rows(p.b, p.k, p.width);
  multiply_on_cpu(Gemm<T>{.a = a.data(), .a_row = p.width, .a_col = 1, .b = b.data(), .b_row = 1, .b_col = p.width, .c = p.y, .c_row = p.k,
                          .m = p.n, .n = p.k, .k = p.width}, T(0));
}

}  // namespace ceir
