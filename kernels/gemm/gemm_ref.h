// The plain matrix product: rows of C in parallel, a strip of columns at a time, k ascending.
#pragma once
#include <algorithm>

#include "kernels/base/threads.h"
#include "kernels/gemm/batch.h"
#include "kernels/unary/unary_ref.h"

namespace ceir {

template <class T>
void gemm_ref(const Gemm<T>& g) {
  if (g.batch != 1) return each_product<T, gemm_ref<T>>(g);
  constexpr int64_t strip = 64;  // accumulators of one row that stay in the first-level cache
  parallel_for(g.m, 4, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      for (int64_t j0 = 0; j0 < g.n; j0 += strip) {
        const int64_t width = std::min(strip, g.n - j0);
        T sum[strip] = {};
        for (int64_t p = 0; p < g.k; p++) {
          const T x = g.a[i * g.a_row + p * g.a_col];
          const T* b = g.b + p * g.b_row + j0 * g.b_col;
          if (g.b_col == 1)
            for (int64_t j = 0; j < width; j++) sum[j] += x * b[j];
          else
            for (int64_t j = 0; j < width; j++) sum[j] += x * b[j * g.b_col];
        }
        T* c = g.c + i * g.c_row + j0;
        for (int64_t j = 0; j < width; j++) {
          if (g.accumulate) {
            c[j] += sum[j];
            continue;
          }
          T y = sum[j] + (g.bias ? g.bias[j0 + j] : T(0));
          y = unary_value(g.activation, y);
          if (g.residual) y += g.residual[i * g.residual_row + j0 + j];
          c[j] = y;
        }
      }
    }
  });
}

}  // namespace ceir
