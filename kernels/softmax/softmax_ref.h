// The plain implementation.
#pragma once
#include <cmath>

#include "kernels/base/rows.h"
#include "kernels/base/threads.h"
#include "kernels/softmax/softmax.h"

namespace ceir {

template <class T>
void softmax_ref(const Softmax<T>& a) {
  parallel_for(a.rows, rows_per_chunk(a.width), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const T* x = a.x + r * a.width;
      T* y = a.y + r * a.width;
      const int64_t width = a.causal_period > 0 ? r % a.causal_period + 1 : a.width;
      if (width == 0) continue;
      T largest = x[0];
      for (int64_t i = 1; i < width; i++)
        if (x[i] > largest || x[i] != x[i]) largest = x[i];
      double sum = 0;
      if (a.logarithm) {
        for (int64_t i = 0; i < width; i++) sum += static_cast<double>(std::exp(x[i] - largest));
        const T log_sum = static_cast<T>(std::log(sum));
        for (int64_t i = 0; i < width; i++) y[i] = x[i] - largest - log_sum;
        continue;
      }
      for (int64_t i = 0; i < width; i++) {
        y[i] = std::exp(x[i] - largest);
        sum += static_cast<double>(y[i]);
      }
      const T inverse = static_cast<T>(1 / sum);
      for (int64_t i = 0; i < width; i++) y[i] *= inverse;
      for (int64_t i = width; i < a.width; i++) y[i] = 0;
    }
  });
}

template <class T>
void softmax_backward_ref(const SoftmaxBackward<T>& a) {
  parallel_for(a.rows, rows_per_chunk(a.width), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const T* y = a.y + r * a.width;
      const T* dy = a.dy + r * a.width;
      T* dx = a.dx + r * a.width;
      double sum = 0;
      for (int64_t i = 0; i < a.width; i++) sum += static_cast<double>(a.logarithm ? dy[i] : dy[i] * y[i]);
      const T s = static_cast<T>(sum);
      for (int64_t i = 0; i < a.width; i++) dx[i] = a.logarithm ? dy[i] - std::exp(y[i]) * s : y[i] * (dy[i] - s);
    }
  });
}

}  // namespace ceir
