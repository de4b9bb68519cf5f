// Sums, means and variances over one dimension of (outer, n, inner).
#pragma once
#include <cstdint>

#include "kernels/base/table.h"

namespace ceir {

// variance: sum (x - mean)^2 / n; sample_variance: / (n - 1). Two passes, so a large mean does not cancel
// (Chan, Golub & LeVeque 1983).
enum class Reduction : uint8_t { sum, mean, variance, sample_variance };

template <class T> struct Reduce {
  Reduction kind;
  const T* x;  // (outer, n, inner)
  T* y;        // (outer, inner)
  int64_t outer, n, inner;
};

template <class T> std::string shape_of(const Reduce<T>& a) { return sizes({a.outer, a.n, a.inner}); }

extern const Table<Reduce<float>> reduce_variants;
extern const Table<Reduce<double>> reduce_f64_variants;

inline void run(const Reduce<float>& a) { reduce_variants(a); }
inline void run(const Reduce<double>& a) { reduce_f64_variants(a); }

}  // namespace ceir
