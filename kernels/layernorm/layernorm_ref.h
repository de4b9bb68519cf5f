// The plain implementation.
#pragma once
#include <cmath>

#include "kernels/base/rows.h"
#include "kernels/base/threads.h"
#include "kernels/layernorm/layernorm.h"

namespace ceir {

template <class T>
void layernorm_ref(const LayerNorm<T>& a) {
  const auto n = static_cast<double>(a.width);
  parallel_for(a.rows, rows_per_chunk(a.width), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const T* x = a.x + r * a.width;
      T* y = a.y + r * a.width;
      double sum = 0, squares = 0;
      for (int64_t i = 0; i < a.width; i++) sum += static_cast<double>(x[i]);
      const double mean = sum / n;
      for (int64_t i = 0; i < a.width; i++) squares += (static_cast<double>(x[i]) - mean) * (static_cast<double>(x[i]) - mean);
      const double rstd = 1 / std::sqrt(squares / n + a.eps);
      for (int64_t i = 0; i < a.width; i++)
        y[i] = static_cast<T>((static_cast<double>(x[i]) - mean) * rstd * static_cast<double>(a.gain[i]) +
                              static_cast<double>(a.bias[i]));
      if (a.mean) a.mean[r] = static_cast<T>(mean), a.rstd[r] = static_cast<T>(rstd);
    }
  });
}

template <class T>
void layernorm_backward_ref(const LayerNormBackward<T>& a) {
  const auto n = static_cast<double>(a.width);
  if (a.dgain)  // before dx, which may alias dy
    parallel_for(a.width, 8, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        double dgain = 0, dbias = 0;
        for (int64_t r = 0; r < a.rows; r++) {
          const auto dy = static_cast<double>(a.dy[r * a.width + i]);
          dgain += dy * (static_cast<double>(a.x[r * a.width + i]) - static_cast<double>(a.mean[r])) * static_cast<double>(a.rstd[r]);
          dbias += dy;
        }
        a.dgain[i] = static_cast<T>(dgain), a.dbias[i] = static_cast<T>(dbias);
      }
    });
  if (!a.dx) return;
  parallel_for(a.rows, rows_per_chunk(a.width), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const T* x = a.x + r * a.width;
      const T* dy = a.dy + r * a.width;
      const auto mean = static_cast<double>(a.mean[r]), rstd = static_cast<double>(a.rstd[r]);
      double sum = 0, with_h = 0;
      for (int64_t i = 0; i < a.width; i++) {
        const double g = static_cast<double>(dy[i]) * static_cast<double>(a.gain[i]);
        sum += g;
        with_h += g * (static_cast<double>(x[i]) - mean) * rstd;
      }
      sum /= n, with_h /= n;
      for (int64_t i = 0; i < a.width; i++) {
        const double g = static_cast<double>(dy[i]) * static_cast<double>(a.gain[i]);
        a.dx[r * a.width + i] = static_cast<T>(rstd * (g - sum - (static_cast<double>(x[i]) - mean) * rstd * with_h));
      }
    }
  });
}

}  // namespace ceir
