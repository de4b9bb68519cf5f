// Sums over many elements that losses are made of, each with its derivative in the same pass.
// Sums go in blocks of losses_block elements with 16 interleaved partial sums, then block by block in double: the order
// depends on n alone.
#pragma once
#include <cstdint>

#include "kernels/base/table.h"

namespace ceir {

constexpr int64_t losses_block = 4096;

// sum (a - b)^2; da = 2 (a - b).
template <class T> struct SquaredErrorSum {
  const T* a; const T* b;  // (n)
  T* da;                   // (n) or null
  int64_t n;
  double* sums;            // scratch: ceil(n / losses_block), at least 1; sums[0] is the result
  T* total = nullptr;      // or null: the result, rounded to T
};

// sum -(t log p + (1 - t) log(1 - p)), logs clamped at -100; dp = (p - t) / max(p (1 - p), 1e-12f): what
// torch.nn.functional.binary_cross_entropy returns and what its backward uses, which is not its derivative at the clamp.
template <class T> struct BinaryCrossEntropySum {
  const T* p; const T* target;  // (n)
  T* dp;                        // (n) or null
  int64_t n;
  double* sums;
  T* total = nullptr;
};

// -1/2 sum(1 + logvar - mu^2 - e^logvar) (Kingma & Welling 2014, appendix B); dmu = mu, dlogvar = (e^logvar - 1) / 2.
template <class T> struct KlGaussianSum {
  const T* mu; const T* logvar;
  const T* exp_logvar;   // (n), from the exp kernel
  T* dlogvar;            // (n) or null
  int64_t n;
  double* sums;
  T* total = nullptr;
};

template <class T> std::string shape_of(const SquaredErrorSum<T>& a) { return sizes({a.n}); }
template <class T> std::string shape_of(const BinaryCrossEntropySum<T>& a) { return sizes({a.n}); }
template <class T> std::string shape_of(const KlGaussianSum<T>& a) { return sizes({a.n}); }

extern const Table<SquaredErrorSum<float>> squared_error_variants;
extern const Table<SquaredErrorSum<double>> squared_error_f64_variants;
extern const Table<BinaryCrossEntropySum<float>> binary_cross_entropy_variants;
extern const Table<BinaryCrossEntropySum<double>> binary_cross_entropy_f64_variants;
extern const Table<KlGaussianSum<float>> kl_gaussian_variants;
extern const Table<KlGaussianSum<double>> kl_gaussian_f64_variants;

}  // namespace ceir
