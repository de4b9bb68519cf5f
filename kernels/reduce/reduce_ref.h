// The plain implementation: one output at a time, summed in double in ascending order.
#pragma once
#include "kernels/base/threads.h"
#include "kernels/reduce/reduce.h"

namespace ceir {

template <class T>
void reduce_ref(const Reduce<T>& a) {
  const auto n = static_cast<double>(a.n);
  parallel_for(a.outer * a.inner, 4096 / (a.n < 4096 ? a.n + 1 : 4096) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; o++) {
      const T* x = a.x + o / a.inner * a.n * a.inner + o % a.inner;
      double sum = 0;
      for (int64_t i = 0; i < a.n; i++) sum += static_cast<double>(x[i * a.inner]);
      if (a.kind == Reduction::mean) sum /= n;
      if (a.kind == Reduction::variance || a.kind == Reduction::sample_variance) {
        const double mean = sum / n;
        sum = a.n > 0 ? 0 : mean;  // of nothing: not a number
        for (int64_t i = 0; i < a.n; i++) {
          const double d = static_cast<double>(x[i * a.inner]) - mean;
          sum += d * d;
        }
        sum /= a.kind == Reduction::variance ? n : n - 1;
      }
      a.y[o] = static_cast<T>(sum);
    }
  });
}

}  // namespace ceir
