// y = (x - mean(x)) / sqrt(var(x) + eps) * gain + bias, row by row.
// Ba, Kiros & Hinton 2016, eq. 4. The variance is biased (divides by width).
#pragma once
#include <cstdint>

#include "kernels/base/table.h"

namespace ceir {

template <class T> struct LayerNorm {
  const T* x;                     // (rows, width)
  const T* gain; const T* bias;   // (width)
  T* y;                           // (rows, width), may alias x
  T* mean; T* rstd;               // (rows), 1 / sqrt(var + eps): kept for backward; null at inference
  int64_t rows, width;
  double eps;
};

// With h = (x - mean) rstd and g = dy gain: dx = rstd (g - mean(g) - h mean(g h)); dgain = sum dy h, dbias = sum dy
// over the rows, in partitions fixed by size.
template <class T> struct LayerNormBackward {
  const T* x; const T* gain;          // (rows, width), (width)
  const T* mean; const T* rstd;       // (rows)
  const T* dy;                        // (rows, width)
  T* dx;                              // (rows, width), may alias dy; null = not wanted
  T* dgain; T* dbias;                 // (width); null = not wanted (both or none)
  int64_t rows, width;
};

template <class T> std::string shape_of(const LayerNorm<T>& a) { return sizes({a.rows, a.width}); }
template <class T> std::string shape_of(const LayerNormBackward<T>& a) { return sizes({a.rows, a.width}); }

extern const Table<LayerNorm<float>> layernorm_variants;
extern const Table<LayerNorm<double>> layernorm_f64_variants;
extern const Table<LayerNormBackward<float>> layernorm_backward_variants;
extern const Table<LayerNormBackward<double>> layernorm_backward_f64_variants;

inline void run(const LayerNorm<float>& a) { layernorm_variants(a); }
inline void run(const LayerNorm<double>& a) { layernorm_f64_variants(a); }
inline void run(const LayerNormBackward<float>& a) { layernorm_backward_variants(a); }
inline void run(const LayerNormBackward<double>& a) { layernorm_backward_f64_variants(a); }

}  // namespace ceir
