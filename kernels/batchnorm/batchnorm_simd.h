// Batch normalisation on vectors. (N, C): a task owns some columns and goes down all rows, so that both passes of the
// statistics, or of the gradients, find them in the cache. (N, C, H, W): a task owns channels, whose planes are dense.
#pragma once
#include "kernels/base/rows.h"
#include "kernels/base/simd_loops.h"
#include "kernels/base/threads.h"
#include "kernels/batchnorm/batchnorm.h"

namespace ceir::simd {
namespace {

constexpr int64_t columns_per_task = 64;
constexpr int64_t rows_per_fold = 256;  // rows added up in the type itself before they go to a sum in double

template <class V>
void add_to(double* total, V s) {
  typename V::Scalar lanes[V::width];
  s.store(lanes);
  for (int k = 0; k < V::width; k++) total[k] += static_cast<double>(lanes[k]);
}
template <class V>
void add_to(double* total, Pair<V> s) {
  add_to(total, s.a);
  add_to(total + V::width, s.b);
}

// Sums step(row) over the rows, lane by lane: total has a double per lane (two per lane for a Pair).
template <class Acc, class Step>
void sum_rows(int64_t rows, double* total, const Step& step) {
  for (int64_t begin = 0; begin < rows; begin += rows_per_fold) {
    const int64_t end = begin + rows_per_fold < rows ? begin + rows_per_fold : rows;
    Acc s0 = Acc::zero(), s1 = Acc::zero(), s2 = Acc::zero(), s3 = Acc::zero();
    int64_t r = begin;
    for (; r + 4 <= end; r += 4) {
      s0 = s0 + step(r);
      s1 = s1 + step(r + 1);
      s2 = s2 + step(r + 2);
      s3 = s3 + step(r + 3);
    }
    for (; r < end; r++) s0 = s0 + step(r);
    add_to(total, (s0 + s1) + (s2 + s3));
  }
}

// Calls body(channel, plane) for the planes of one channel.
template <class T, class Body>
void each_plane(T* x, int64_t c, int64_t n, int64_t channels, int64_t inner, const Body& body) {
  for (int64_t i = 0; i < n; i++) body(x + (i * channels + c) * inner, (i * channels + c) * inner);
}

template <class V>
void batch_statistics(const BatchStatistics<typename V::Scalar>& a) {
  using T = typename V::Scalar;
  const double count = static_cast<double>(a.n * a.inner);
  if (a.n * a.inner == 0) {
    for (int64_t c = 0; c < a.channels; c++) a.mean[c] = a.var[c] = static_cast<T>(__builtin_nan(""));
    return;
  }
  if (a.inner == 1) {
    parallel_for(a.channels, columns_per_task, [&](int64_t begin, int64_t end) {
      sweep<V>(begin, end, [&](int64_t c, auto at) {
        const T* x = a.x + c;
        const V first = at.load(x);  // subtracted so that a large mean costs no digits
        double sum[V::width] = {}, both[2 * V::width] = {};
        sum_rows<V>(a.n, sum, [&](int64_t r) { return at.load(x + r * a.channels) - first; });
        T lanes[V::width];
        first.store(lanes);
        for (int k = 0; k < V::width; k++) lanes[k] = static_cast<T>(static_cast<double>(lanes[k]) + sum[k] / count);
        const V mean = V::load(lanes);
        sum_rows<Pair<V>>(a.n, both, [&](int64_t r) {
          const V d = at.load(x + r * a.channels) - mean;
          return Pair<V>{d, d * d};
        });
        T var[V::width];
        for (int k = 0; k < V::width; k++) {
          const double rest = both[k] / count, v = both[V::width + k] / count - rest * rest;
          lanes[k] = static_cast<T>(static_cast<double>(lanes[k]) + rest);
          var[k] = static_cast<T>(v < 0 ? 0 : v);
        }
        at.store(a.mean + c, V::load(lanes));
        at.store(a.var + c, V::load(var));
      });
    });
    return;
  }
  parallel_for(a.channels, 1, [&](int64_t c, int64_t) {
    const V first = V::set(a.x[c * a.inner]);
    double sum = 0, rest = 0, squares = 0;
    each_plane(a.x, c, a.n, a.channels, a.inner, [&](const T* x, int64_t) {
      sum += static_cast<double>(sum_over<V>(a.inner, [&](int64_t i, auto at) { return at.keep(at.load(x + i) - first); }).sum());
    });
    const T near = static_cast<T>(static_cast<double>(a.x[c * a.inner]) + sum / count);
    const V mean = V::set(near);
    each_plane(a.x, c, a.n, a.channels, a.inner, [&](const T* x, int64_t) {
      const Pair<V> s = sums_over<V>(a.inner, [&](int64_t i, auto at) {
        const V d = at.keep(at.load(x + i) - mean);
        return Pair<V>{d, d * d};
      });
      rest += static_cast<double>(s.a.sum());
      squares += static_cast<double>(s.b.sum());
    });
    rest /= count;
    const double v = squares / count - rest * rest;
    a.mean[c] = static_cast<T>(static_cast<double>(near) + rest);
    a.var[c] = static_cast<T>(v < 0 ? 0 : v);
  });
}

template <class V>
void batchnorm_apply(const BatchNorm<typename V::Scalar>& a) {
  using T = typename V::Scalar;
  if (a.inner == 1) {
    parallel_for(a.n, rows_per_chunk(a.channels), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++) {
        const T* x = a.x + r * a.channels;
        T* y = a.y + r * a.channels;
        sweep<V>(0, a.channels, [&](int64_t c, auto at) {
          const V h = (at.load(x + c) - at.load(a.mean + c)) * at.load(a.rstd + c);
          at.store(y + c, fma(h, at.load(a.gain + c), at.load(a.bias + c)));
        });
      }
    });
    return;
  }
  parallel_for(a.n * a.channels, rows_per_chunk(a.inner), [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; p++) {
      const int64_t c = p % a.channels;
      const V mean = V::set(a.mean[c]), rstd = V::set(a.rstd[c]), gain = V::set(a.gain[c]), bias = V::set(a.bias[c]);
      const T* x = a.x + p * a.inner;
      T* y = a.y + p * a.inner;
      sweep<V>(0, a.inner, [&](int64_t i, auto at) { at.store(y + i, fma((at.load(x + i) - mean) * rstd, gain, bias)); });
    }
  });
}

template <class V>
void batchnorm_backward_columns(const BatchNormBackward<typename V::Scalar>& a) {
  using T = typename V::Scalar;
  const double count = static_cast<double>(a.n);
  parallel_for(a.channels, columns_per_task, [&](int64_t begin, int64_t end) {
    sweep<V>(begin, end, [&](int64_t c, auto at) {
      const V mean = at.load(a.mean + c), rstd = at.load(a.rstd + c);
      double both[2 * V::width] = {};
      sum_rows<Pair<V>>(a.n, both, [&](int64_t r) {
        const V dy = at.load(a.dy + r * a.channels + c), h = (at.load(a.x + r * a.channels + c) - mean) * rstd;
        return Pair<V>{dy, dy * h};
      });
      T bias[V::width], gain[V::width], mean_dy[V::width], mean_dyh[V::width];
      for (int k = 0; k < V::width; k++) {
        bias[k] = static_cast<T>(both[k]), gain[k] = static_cast<T>(both[V::width + k]);
        mean_dy[k] = static_cast<T>(both[k] / count), mean_dyh[k] = static_cast<T>(both[V::width + k] / count);
      }
      at.store(a.dbias + c, V::load(bias));
      at.store(a.dgain + c, V::load(gain));
      if (!a.dx) return;
      const V factor = at.load(a.gain + c) * rstd, m = V::load(mean_dy), mh = V::load(mean_dyh);
      for (int64_t r = 0; r < a.n; r++) {
        const int64_t i = r * a.channels + c;
        V g = at.load(a.dy + i);
        if (a.training) g = g - fma((at.load(a.x + i) - mean) * rstd, mh, m);
        at.store(a.dx + i, factor * g);
      }
    });
  });
}

template <class V>
void batchnorm_backward_planes(const BatchNormBackward<typename V::Scalar>& a) {
  using T = typename V::Scalar;
  const double count = static_cast<double>(a.n * a.inner);
  parallel_for(a.channels, 1, [&](int64_t c, int64_t) {
    const V mean = V::set(a.mean[c]), rstd = V::set(a.rstd[c]);
    double dbias = 0, dgain = 0;
    each_plane(a.x, c, a.n, a.channels, a.inner, [&](const T* x, int64_t offset) {
      const T* dy = a.dy + offset;
      const Pair<V> s = sums_over<V>(a.inner, [&](int64_t i, auto at) {
        const V g = at.load(dy + i);
        return Pair<V>{g, g * ((at.load(x + i) - mean) * rstd)};
      });
      dbias += static_cast<double>(s.a.sum());
      dgain += static_cast<double>(s.b.sum());
    });
    a.dbias[c] = static_cast<T>(dbias), a.dgain[c] = static_cast<T>(dgain);
    if (!a.dx) return;
    const V factor = V::set(a.gain[c]) * rstd;
    const V m = V::set(static_cast<T>(a.training ? dbias / count : 0)), mh = V::set(static_cast<T>(a.training ? dgain / count : 0));
    each_plane(a.x, c, a.n, a.channels, a.inner, [&](const T* x, int64_t offset) {
      const T* dy = a.dy + offset;
      T* dx = a.dx + offset;
      sweep<V>(0, a.inner, [&](int64_t i, auto at) {
        at.store(dx + i, factor * (at.load(dy + i) - fma((at.load(x + i) - mean) * rstd, mh, m)));
      });
    });
  });
}

template <class V>
void batchnorm_backward(const BatchNormBackward<typename V::Scalar>& a) {
  a.inner == 1 ? batchnorm_backward_columns<V>(a) : batchnorm_backward_planes<V>(a);
}

}  // namespace
}  // namespace ceir::simd
