// The teacher of the concept bottleneck: cosines of every picture's feature with every concept's.
//   y[i, j] = sum_c a[i, c] b[j, c] / (|a_i| |b_j|), where |.| is the L2 norm; 0 for a row of zeros.
#pragma once
#include <cstdint>

#include "kernels/base/table.h"

namespace ceir {

template <class T> struct Cosines {
  const T* a;  // (n, width)
  const T* b;  // (k, width)
  T* y;        // (n, k)
  int64_t n, k, width;
};

template <class T> std::string shape_of(const Cosines<T>& a) { return sizes({a.n, a.width}) + " . " + std::to_string(a.k); }

extern const Table<Cosines<float>> cosines_variants;
extern const Table<Cosines<double>> cosines_f64_variants;

inline void run(const Cosines<float>& a) { cosines_variants(a); }
inline void run(const Cosines<double>& a) { cosines_f64_variants(a); }

}  // namespace ceir
