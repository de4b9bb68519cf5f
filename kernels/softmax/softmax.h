// y = e^(x - max) / sum e^(x - max), row by row, or its logarithm x - max - log sum e^(x - max).
#pragma once
#include <cstdint>

#include "kernels/base/table.h"

namespace ceir {

template <class T> struct Softmax {
  const T* x;  // (rows, width)
  T* y;        // (rows, width), may alias x
  int64_t rows, width;
  bool logarithm = false;
  int64_t causal_period = 0;  // > 0: row r has the columns 0 .. r % causal_period alone; y is 0 in the others (not with logarithm)
};

// Softmax: dx = y (dy - sum dy y). Logarithm: dx = dy - e^y sum dy. Where y is 0, so is dx: causal rows need no care.
template <class T> struct SoftmaxBackward {
  const T* y;
  const T* dy;
  T* dx;  // (rows, width), may alias dy
  int64_t rows, width;
  bool logarithm = false;
};

template <class T> std::string shape_of(const Softmax<T>& a) { return sizes({a.rows, a.width}); }
template <class T> std::string shape_of(const SoftmaxBackward<T>& a) { return sizes({a.rows, a.width}); }

extern const Table<Softmax<float>> softmax_variants;
extern const Table<Softmax<double>> softmax_f64_variants;
extern const Table<SoftmaxBackward<float>> softmax_backward_variants;
extern const Table<SoftmaxBackward<double>> softmax_backward_f64_variants;

inline void run(const Softmax<float>& a) { softmax_variants(a); }
inline void run(const Softmax<double>& a) { softmax_f64_variants(a); }
inline void run(const SoftmaxBackward<float>& a) { softmax_backward_variants(a); }
inline void run(const SoftmaxBackward<double>& a) { softmax_backward_f64_variants(a); }

}  // namespace ceir
