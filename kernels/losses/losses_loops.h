// The loops of the losses, for every instruction set alike: the compiler makes vectors of the 16 partial sums.
#pragma once
#include "kernels/base/threads.h"
#include "kernels/losses/losses.h"

namespace ceir {
namespace {

// Sum of term(i) for begin <= i < end, with 16 partial sums.
template <class T, class Term>
inline double lane_sum(int64_t begin, int64_t end, const Term& term) {
  T lanes[16] = {};
  int64_t i = begin;
  for (; i + 16 <= end; i += 16)
    for (int l = 0; l < 16; l++) lanes[l] += term(i + l);
  for (int l = 0; i < end; i++, l++) lanes[l] += term(i);
  double sum = 0;
  for (int l = 0; l < 16; l++) sum += static_cast<double>(lanes[l]);
  return sum;
}

// sums[0] = sum of term over [0, n), and so is *rounded unless that is null.
template <class T, class Term>
inline void block_sum(int64_t n, double* sums, T* rounded, const Term& term) {
  parallel_for(n, losses_block, [&](int64_t begin, int64_t end) { sums[begin / losses_block] = lane_sum<T>(begin, end, term); });
  const int64_t blocks = (n + losses_block - 1) / losses_block;
  double total = 0;
  for (int64_t b = 0; b < blocks; b++) total += sums[b];
  sums[0] = total;
  if (rounded) *rounded = static_cast<T>(total);
}

template <class T>
inline void squared_error(const SquaredErrorSum<T>& s) {
  const T* __restrict a = s.a;
  const T* __restrict b = s.b;
  T* __restrict da = s.da;
  if (da) {
    block_sum<T>(s.n, s.sums, s.total, [=](int64_t i) {
      const T d = a[i] - b[i];
      da[i] = d + d;
      return d * d;
    });
  } else {
    block_sum<T>(s.n, s.sums, s.total, [=](int64_t i) { return (a[i] - b[i]) * (a[i] - b[i]); });
  }
}

template <class T>
inline void kl_gaussian(const KlGaussianSum<T>& s) {
  const T* __restrict mu = s.mu;
  const T* __restrict logvar = s.logvar;
  const T* __restrict e = s.exp_logvar;
  T* __restrict dlogvar = s.dlogvar;
  const T half = static_cast<T>(0.5);
  if (dlogvar) {
    block_sum<T>(s.n, s.sums, s.total, [=](int64_t i) {
      dlogvar[i] = half * (e[i] - 1);
      return half * (mu[i] * mu[i] + e[i] - 1 - logvar[i]);
    });
  } else {
    block_sum<T>(s.n, s.sums, s.total, [=](int64_t i) { return half * (mu[i] * mu[i] + e[i] - 1 - logvar[i]); });
  }
}

}  // namespace
}  // namespace ceir
