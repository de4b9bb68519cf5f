// y = a op b, element by element, where an operand may be repeated (stride 0).
#pragma once
#include <cstdint>

#include "kernels/base/table.h"

namespace ceir {

enum class Binary : uint8_t { add, sub, mul, div };

// shape, a_stride and b_stride describe the loops, outermost first; y is dense in that order.
// y may alias an operand that is dense in the same order.
template <class T> struct Elementwise {
  Binary function;
  const T* a;
  const T* b;
  T* y;
  int rank;  // 1 .. 8
  int64_t shape[8], a_stride[8], b_stride[8];  // in elements
};

template <class T> std::string shape_of(const Elementwise<T>& a) {
  std::string s;
  for (int i = 0; i < a.rank; i++) s += (i ? " x " : "") + std::to_string(a.shape[i]);
  return s;
}

extern const Table<Elementwise<float>> elementwise_variants;
extern const Table<Elementwise<double>> elementwise_f64_variants;

inline void run(const Elementwise<float>& a) { elementwise_variants(a); }
inline void run(const Elementwise<double>& a) { elementwise_f64_variants(a); }

}  // namespace ceir
