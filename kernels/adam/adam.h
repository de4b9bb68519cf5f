// One Adam update of one parameter: Kingma & Ba 2015, algorithm 1, with eps added to sqrt(v_hat).
//   m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
//   w = w (1 - lr decay) - lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
// decay > 0: AdamW (Loshchilov & Hutter 2019, algorithm 2). Element by element: every variant gives the same bits.
#pragma once
#include <cstdint>

#include "kernels/base/table.h"

namespace ceir {

template <class T> struct AdamUpdate {
  T* w;        // (n) parameter, changed in place
  const T* g;  // (n) gradient
  T* m; T* v;  // (n) moments, changed in place
  int64_t n;
  T beta1, beta2, eps;
  T step_size;      // lr / (1 - beta1^t)
  T sqrt_correction;  // sqrt(1 - beta2^t)
  T shrink;         // 1 - lr decay
  const T* rates = nullptr;  // or where these three stand, in this order, in place of them: they change from step to step
};

// The update with its rates at hand, for variants of the CPU.
template <class T> static AdamUpdate<T> adam_with_rates(AdamUpdate<T> a) {
  if (a.rates) a.step_size = a.rates[0], a.sqrt_correction = a.rates[1], a.shrink = a.rates[2];
  return a;
}

// The updates of many parameters, whose arrays do not overlap: what calling Adam for each in turn gives, to the bit.
template <class T> struct AdamAll {
  const AdamUpdate<T>* updates;  // (count), in the CPU's memory; what they point at is the device's
  int64_t count;
};

template <class T> std::string shape_of(const AdamUpdate<T>& a) { return sizes({a.n}); }
template <class T> std::string shape_of(const AdamAll<T>& a) { return sizes({a.count}) + " parameters"; }

extern const Table<AdamUpdate<float>> adam_variants;
extern const Table<AdamUpdate<double>> adam_f64_variants;
extern const Table<AdamAll<float>> adam_all_variants;
extern const Table<AdamAll<double>> adam_all_f64_variants;

}  // namespace ceir
