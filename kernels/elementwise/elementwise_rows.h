// The walk over innermost rows that all variants share; internal to the file that includes it.
#pragma once
#include "kernels/base/threads.h"
#include "kernels/elementwise/elementwise.h"

namespace ceir {

// Calls row(a, b, y, begin, end) for elements [begin, end) of each innermost row, in chunks of about 8192 elements.
template <class T, class Row>
static inline void elementwise_rows(const Elementwise<T>& e, const Row& row) {
  const int last = e.rank - 1;
  const int64_t width = e.shape[last];
  int64_t rows = 1;
  for (int d = 0; d < last; d++) rows *= e.shape[d];
  constexpr int64_t chunk = 8192;
  if (rows == 1) {
    parallel_for(width, chunk, [&](int64_t begin, int64_t end) { row(e.a, e.b, e.y, begin, end); });
    return;
  }
  parallel_for(rows, width < chunk ? chunk / (width > 0 ? width : 1) : 1, [&](int64_t begin, int64_t end) {
    int64_t index[8] = {};
    const T* a = e.a;
    const T* b = e.b;
    for (int64_t rest = begin, d = last - 1; d >= 0; d--) {
      index[d] = rest % e.shape[d];
      rest /= e.shape[d];
      a += index[d] * e.a_stride[d];
      b += index[d] * e.b_stride[d];
    }
    for (int64_t r = begin; r < end; r++) {
      row(a, b, e.y + r * width, int64_t{0}, width);
      for (int d = last - 1; d >= 0; d--) {
        a += e.a_stride[d];
        b += e.b_stride[d];
        if (++index[d] < e.shape[d]) break;
        a -= e.a_stride[d] * e.shape[d];
        b -= e.b_stride[d] * e.shape[d];
        index[d] = 0;
      }
    }
  });
}

}  // namespace ceir
