// The plain implementation.
#pragma once
#include <cmath>

#include "kernels/base/rows.h"
#include "kernels/base/threads.h"
#include "kernels/normalise/normalise.h"

namespace ceir {

template <class T>
void normalise_ref(const Normalise<T>& a) {
  parallel_for(a.rows, rows_per_chunk(a.width), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const T* x = a.x + r * a.width;
      double squares = 0;
      for (int64_t i = 0; i < a.width; i++) squares += static_cast<double>(x[i]) * static_cast<double>(x[i]);
      const double norm = std::sqrt(squares);
      for (int64_t i = 0; i < a.width; i++) a.y[r * a.width + i] = static_cast<T>(static_cast<double>(x[i]) / norm);
      if (a.norm) a.norm[r] = static_cast<T>(norm);
    }
  });
}

template <class T>
void normalise_backward_ref(const NormaliseBackward<T>& a) {
  parallel_for(a.rows, rows_per_chunk(a.width), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const T* y = a.y + r * a.width;
      const T* dy = a.dy + r * a.width;
      double along = 0;
      for (int64_t i = 0; i < a.width; i++) along += static_cast<double>(dy[i]) * static_cast<double>(y[i]);
      for (int64_t i = 0; i < a.width; i++)
        a.dx[r * a.width + i] =
            static_cast<T>((static_cast<double>(dy[i]) - static_cast<double>(y[i]) * along) / static_cast<double>(a.norm[r]));
    }
  });
}

}  // namespace ceir
