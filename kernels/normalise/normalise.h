// y = x / |x|, row by row, where |x| = sqrt(sum x^2); no epsilon.
#pragma once
#include <cstdint>

#include "kernels/base/table.h"

namespace ceir {

template <class T> struct Normalise {
  const T* x;  // (rows, width)
  T* y;        // (rows, width), may alias x
  T* norm;     // (rows), kept for backward; may be null
  int64_t rows, width;
};

// dx = (dy - y sum(dy y)) / |x|
template <class T> struct NormaliseBackward {
  const T* y; const T* norm; const T* dy;
  T* dx;  // (rows, width), may alias dy
  int64_t rows, width;
};

template <class T> std::string shape_of(const Normalise<T>& a) { return sizes({a.rows, a.width}); }
template <class T> std::string shape_of(const NormaliseBackward<T>& a) { return sizes({a.rows, a.width}); }

extern const Table<Normalise<float>> normalise_variants;
extern const Table<Normalise<double>> normalise_f64_variants;
extern const Table<NormaliseBackward<float>> normalise_backward_variants;
extern const Table<NormaliseBackward<double>> normalise_backward_f64_variants;

inline void run(const Normalise<float>& a) { normalise_variants(a); }
inline void run(const Normalise<double>& a) { normalise_f64_variants(a); }
inline void run(const NormaliseBackward<float>& a) { normalise_backward_variants(a); }
inline void run(const NormaliseBackward<double>& a) { normalise_backward_f64_variants(a); }

}  // namespace ceir
