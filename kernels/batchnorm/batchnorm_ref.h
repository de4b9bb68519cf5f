// The plain implementation: one channel at a time, summed in double.
#pragma once
#include "kernels/base/threads.h"
#include "kernels/batchnorm/batchnorm.h"

namespace ceir {

// Calls body(position) for every element of channel c.
template <class Body>
static inline void each_of_channel(int64_t c, int64_t n, int64_t channels, int64_t inner, const Body& body) {
  for (int64_t i = 0; i < n; i++)
    for (int64_t s = 0; s < inner; s++) body((i * channels + c) * inner + s);
}

template <class T>
void batch_statistics_ref(const BatchStatistics<T>& a) {
  const auto count = static_cast<double>(a.n * a.inner);
  parallel_for(a.channels, 4, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; c++) {
      double sum = 0, squares = 0;
      each_of_channel(c, a.n, a.channels, a.inner, [&](int64_t i) { sum += static_cast<double>(a.x[i]); });
      const double mean = sum / count;
      each_of_channel(c, a.n, a.channels, a.inner, [&](int64_t i) {
        const double d = static_cast<double>(a.x[i]) - mean;
        squares += d * d;
      });
      a.mean[c] = static_cast<T>(mean), a.var[c] = static_cast<T>(squares / count);
    }
  });
}

template <class T>
void batchnorm_ref(const BatchNorm<T>& a) {
  parallel_for(a.channels, 4, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; c++)
      each_of_channel(c, a.n, a.channels, a.inner,
                      [&](int64_t i) { a.y[i] = (a.x[i] - a.mean[c]) * a.rstd[c] * a.gain[c] + a.bias[c]; });
  });
}

template <class T>
void batchnorm_backward_ref(const BatchNormBackward<T>& a) {
  const auto count = static_cast<double>(a.n * a.inner);
  parallel_for(a.channels, 4, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; c++) {
      const auto mean = static_cast<double>(a.mean[c]), rstd = static_cast<double>(a.rstd[c]);
      double dgain = 0, dbias = 0;
      each_of_channel(c, a.n, a.channels, a.inner, [&](int64_t i) {
        const auto dy = static_cast<double>(a.dy[i]);
        dgain += dy * (static_cast<double>(a.x[i]) - mean) * rstd;
        dbias += dy;
      });
      a.dgain[c] = static_cast<T>(dgain), a.dbias[c] = static_cast<T>(dbias);
      if (!a.dx) continue;
      const double factor = static_cast<double>(a.gain[c]) * rstd;
      each_of_channel(c, a.n, a.channels, a.inner, [&](int64_t i) {
        double g = static_cast<double>(a.dy[i]);
        if (a.training) g -= dbias / count + (static_cast<double>(a.x[i]) - mean) * rstd * (dgain / count);
        a.dx[i] = static_cast<T>(factor * g);
      });
    }
  });
}

}  // namespace ceir
