// The plain attention: one query at a time; parallel over images and heads.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/attention/attention.h"
#include "kernels/base/threads.h"

namespace ceir {

// Scores of one query against the keys it sees, as probabilities in p (keys); false when it sees none.
// Returns log sum exp through `logsumexp`.
template <class T>
bool attention_probabilities(const Attention<T>& a, int64_t b, int64_t h, int64_t i, T* p, T* logsumexp) {
  const T* q = a.q + b * a.q_at.batch + h * a.q_at.head + i * a.q_at.row;
  const T minus_infinity = -std::numeric_limits<T>::infinity();
  T largest = minus_infinity;
  for (int64_t j = 0; j < a.keys; j++) {
    if ((a.causal && j > i) || (a.mask && !a.mask[b * a.keys + j])) {
      p[j] = minus_infinity;
      continue;
    }
    const T* k = a.k + b * a.k_at.batch + h * a.k_at.head + j * a.k_at.row;
    T dot = 0;
    for (int64_t d = 0; d < a.size; d++) dot += q[d] * k[d];
    p[j] = a.scale * dot;
    if (!(p[j] <= largest)) largest = p[j];  // a NaN stays one
  }
  if (largest == minus_infinity) {
    std::fill(p, p + a.keys, T(0));
    *logsumexp = minus_infinity;
    return false;
  }
  T sum = 0;
  for (int64_t j = 0; j < a.keys; j++) sum += p[j] = p[j] == minus_infinity ? T(0) : std::exp(p[j] - largest);
  for (int64_t j = 0; j < a.keys; j++) p[j] /= sum;
  *logsumexp = largest + std::log(sum);
  return true;
}

template <class T>
void attention_ref(const Attention<T>& a) {
  parallel_for(a.batch * a.heads, 1, [&](int64_t begin, int64_t end) {
    std::vector<T> p(static_cast<size_t>(a.keys));
    for (int64_t bh = begin; bh < end; bh++) {
      const int64_t b = bh / a.heads, h = bh % a.heads;
      for (int64_t i = 0; i < a.queries; i++) {
        T logsumexp;
        attention_probabilities(a, b, h, i, p.data(), &logsumexp);
        if (a.logsumexp) a.logsumexp[bh * a.queries + i] = logsumexp;
        T* o = a.o + b * a.o_at.batch + h * a.o_at.head + i * a.o_at.row;
        std::fill(o, o + a.size, T(0));
        for (int64_t j = 0; j < a.keys; j++) {
          if (p[static_cast<size_t>(j)] == T(0)) continue;
          const T* v = a.v + b * a.v_at.batch + h * a.v_at.head + j * a.v_at.row;
          for (int64_t d = 0; d < a.size; d++) o[d] += p[static_cast<size_t>(j)] * v[d];
        }
      }
    }
  });
}

// dv = p^T do; ds = p (do v^T - sum_j p do v^T); dq = scale ds k; dk = scale ds^T q.
template <class T>
void attention_backward_ref(const AttentionBackward<T>& g) {
  const Attention<T>& a = g.forward;
  parallel_for(a.batch * a.heads, 1, [&](int64_t begin, int64_t end) {
    std::vector<T> p(static_cast<size_t>(a.keys)), dp(static_cast<size_t>(a.keys));
    for (int64_t bh = begin; bh < end; bh++) {
      const int64_t b = bh / a.heads, h = bh % a.heads;
      const T* q0 = a.q + b * a.q_at.batch + h * a.q_at.head;
      const T* k0 = a.k + b * a.k_at.batch + h * a.k_at.head;
      const T* v0 = a.v + b * a.v_at.batch + h * a.v_at.head;
      const T* do0 = g.d_o + b * g.do_at.batch + h * g.do_at.head;
      T* dq0 = g.dq + b * g.dq_at.batch + h * g.dq_at.head;
      T* dk0 = g.dk + b * g.dk_at.batch + h * g.dk_at.head;
      T* dv0 = g.dv + b * g.dv_at.batch + h * g.dv_at.head;
      for (int64_t j = 0; j < a.keys; j++) {
        std::fill(dk0 + j * g.dk_at.row, dk0 + j * g.dk_at.row + a.size, T(0));
        std::fill(dv0 + j * g.dv_at.row, dv0 + j * g.dv_at.row + a.size, T(0));
      }
      for (int64_t i = 0; i < a.queries; i++) {
        const T* q = q0 + i * a.q_at.row;
        const T* d_o = do0 + i * g.do_at.row;
        T* dq = dq0 + i * g.dq_at.row;
        std::fill(dq, dq + a.size, T(0));
        T logsumexp;
        if (!attention_probabilities(a, b, h, i, p.data(), &logsumexp)) continue;
        T mean = 0;
        for (int64_t j = 0; j < a.keys; j++) {
          const T* v = v0 + j * a.v_at.row;
          T dot = 0;
          for (int64_t d = 0; d < a.size; d++) dot += d_o[d] * v[d];
          dp[static_cast<size_t>(j)] = dot;
          if (p[static_cast<size_t>(j)] != T(0)) mean += p[static_cast<size_t>(j)] * dot;  // a hidden value may be anything
        }
        for (int64_t j = 0; j < a.keys; j++) {
          const T pj = p[static_cast<size_t>(j)];
          if (pj == T(0)) continue;
          const T ds = a.scale * pj * (dp[static_cast<size_t>(j)] - mean);
          const T* k = k0 + j * a.k_at.row;
          T* dk = dk0 + j * g.dk_at.row;
          T* dv = dv0 + j * g.dv_at.row;
          for (int64_t d = 0; d < a.size; d++) {
            dq[d] += ds * k[d];
            dk[d] += ds * q[d];
            dv[d] += pj * d_o[d];
          }
        }
      }
    }
  });
}

}  // namespace ceir
