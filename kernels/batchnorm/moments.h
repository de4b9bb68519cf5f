// What batch normalisation does with a batch's mean and variance, per channel (Ioffe & Szegedy 2015, algorithms 1 and 2):
// rstd = 1 / sqrt(var + eps), and in training running += momentum (batch - running), where the running variance takes the
// unbiased one, `correction` = count / (count - 1) times the biased.
#pragma once
#include <cstdint>

#include "kernels/base/table.h"

namespace ceir {

template <class T> struct BatchMoments {
  const T* mean;
  const T* var;       // (channels), biased
  T* running_mean;
  T* running_var;     // (channels), or null: not training
  T* rstd;            // (channels)
  int64_t channels;
  double momentum, correction, eps;
};

template <class T> std::string shape_of(const BatchMoments<T>& a) { return sizes({a.channels}); }

extern const Table<BatchMoments<float>> batch_moments_variants;
extern const Table<BatchMoments<double>> batch_moments_f64_variants;

inline void run(const BatchMoments<float>& a) { batch_moments_variants(a); }
inline void run(const BatchMoments<double>& a) { batch_moments_f64_variants(a); }

}  // namespace ceir
