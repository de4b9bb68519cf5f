// Batch normalisation (Ioffe & Szegedy 2015) over a batch seen as (n, channels, inner): inner is 1 for (N, C),
// H W for (N, C, H, W). In three steps: statistics, application, gradients.
#pragma once
#include <cstdint>

#include "kernels/base/table.h"

namespace ceir {

// Mean and biased variance of each channel; two passes, summed in partitions fixed by size.
template <class T> struct BatchStatistics {
  const T* x;      // (n, channels, inner)
  T* mean; T* var; // (channels)
  int64_t n, channels, inner;
};

// y = (x - mean) rstd gain + bias
template <class T> struct BatchNorm {
  const T* x;                     // (n, channels, inner)
  const T* mean; const T* rstd;   // (channels), rstd = 1 / sqrt(var + eps)
  const T* gain; const T* bias;   // (channels)
  T* y;                           // (n, channels, inner), may alias x
  int64_t n, channels, inner;
};

// With h = (x - mean) rstd: dgain = sum dy h, dbias = sum dy over n and inner. Training (the statistics depend on x):
// dx = gain rstd (dy - mean(dy) - h mean(dy h)); else dx = gain rstd dy.
template <class T> struct BatchNormBackward {
  const T* x;
  const T* mean; const T* rstd; const T* gain;  // (channels)
  const T* dy;
  T* dx;               // (n, channels, inner), may alias dy; null = not wanted
  T* dgain; T* dbias;  // (channels), always written
  int64_t n, channels, inner;
  bool training;
};

template <class T> std::string shape_of(const BatchStatistics<T>& a) { return sizes({a.n, a.channels, a.inner}); }
template <class T> std::string shape_of(const BatchNorm<T>& a) { return sizes({a.n, a.channels, a.inner}); }
template <class T> std::string shape_of(const BatchNormBackward<T>& a) { return sizes({a.n, a.channels, a.inner}); }

extern const Table<BatchStatistics<float>> batch_statistics_variants;
extern const Table<BatchStatistics<double>> batch_statistics_f64_variants;
extern const Table<BatchNorm<float>> batchnorm_variants;
extern const Table<BatchNorm<double>> batchnorm_f64_variants;
extern const Table<BatchNormBackward<float>> batchnorm_backward_variants;
extern const Table<BatchNormBackward<double>> batchnorm_backward_f64_variants;

inline void run(const BatchStatistics<float>& a) { batch_statistics_variants(a); }
inline void run(const BatchStatistics<double>& a) { batch_statistics_f64_variants(a); }
inline void run(const BatchNorm<float>& a) { batchnorm_variants(a); }
inline void run(const BatchNorm<double>& a) { batchnorm_f64_variants(a); }
inline void run(const BatchNormBackward<float>& a) { batchnorm_backward_variants(a); }
inline void run(const BatchNormBackward<double>& a) { batchnorm_backward_f64_variants(a); }

}  // namespace ceir
