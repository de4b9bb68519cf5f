// The latent code of a variational autoencoder, and its distance from the prior, in one pass each way (Kingma & Welling 2014,
// section 2.4 and appendix B): z = mu + e^(logvar / 2) noise, and KL(N(mu, e^logvar) || N(0, 1)) summed over all elements.
#pragma once
#include <cstdint>

#include "kernels/base/table.h"

namespace ceir {

constexpr int64_t latent_block = 4096;  // elements whose terms are added together first: fixed, so that the bits are

template <class T> struct Latent {
  const T* mu; const T* logvar; const T* noise;  // (n)
  T* z;                                          // (n), may alias noise
  int64_t n;
  double* sums;         // scratch: ceil(n / latent_block), at least 1; sums[0] is the divergence
  T* total = nullptr;   // or null: the divergence, rounded to T
};

// dmu = dz + weight mu; dlogvar = dz noise e^(logvar / 2) / 2 + weight (e^logvar - 1) / 2, where weight is the derivative of
// the loss by the divergence (beta).
template <class T> struct LatentBackward {
  const T* mu; const T* logvar; const T* noise; const T* dz;  // (n)
  T* dmu;      // (n), may alias dz
  T* dlogvar;  // (n)
  int64_t n;
  T weight;
  const T* weight_there = nullptr;  // or null: where the weight stands, in place of `weight`; a device need not be waited for
};

template <class T> std::string shape_of(const Latent<T>& a) { return sizes({a.n}); }
template <class T> std::string shape_of(const LatentBackward<T>& a) { return sizes({a.n}); }

extern const Table<Latent<float>> latent_variants;
extern const Table<Latent<double>> latent_f64_variants;
extern const Table<LatentBackward<float>> latent_backward_variants;
extern const Table<LatentBackward<double>> latent_backward_f64_variants;

}  // namespace ceir
