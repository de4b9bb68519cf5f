// Rows in f64, a block at a time: sums over many rows run block by block in order, whatever the threads, and an f32
// matrix is never held twice.
#pragma once
#include "kernels/base/threads.h"
#include "tensor/tensor.h"

namespace ceir {

constexpr int64_t rows_per_block = 2048;

// out[(i - begin) * step + j] = x[i, j] - shift[j] (shift null: 0) for rows begin .. end - 1 of x (N, d), contiguous.
inline void rows_in_f64(const Tensor& x, int64_t begin, int64_t end, const double* shift, double* out, int64_t step) {
  dispatch("rows in f64", x.dtype(), [&]<class T>() {
    const int64_t d = x.dim(1);
    const T* from = x.data<T>() + begin * d;
    parallel_for(end - begin, 128, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; i++)
        for (int64_t j = 0; j < d; j++)
          out[i * step + j] = static_cast<double>(from[i * d + j]) - (shift ? shift[j] : 0.0);
    });
  });
}

}  // namespace ceir
