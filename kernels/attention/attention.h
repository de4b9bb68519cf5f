// Scaled dot-product attention, o = softmax(scale q k^T) v for each image and head: Vaswani et al. 2017, eq. 1.
// The matrix of scores exists a few rows at a time only.
#pragma once
#include <cstdint>

#include "kernels/base/table.h"

namespace ceir {

// Where element (b, h, t, d) of q, k, v or o lies: b * batch + h * head + t * row + d (in elements; d is dense).
// So q, k and v can be slices of one (B, T, 3C) tensor, and o is written as (B, T, C).
struct HeadStrides {
  int64_t batch, head, row;
};

template <class T> struct Attention {
  const T* q; HeadStrides q_at;  // (batch, heads, queries, size)
  const T* k; HeadStrides k_at;  // (batch, heads, keys, size)
  const T* v; HeadStrides v_at;  // (batch, heads, keys, size)
  T* o; HeadStrides o_at;        // (batch, heads, queries, size)
  int64_t batch, heads, queries, keys, size;
  T scale;                       // usually 1 / sqrt(size)
  bool causal = false;           // query i sees keys 0..i
  const uint8_t* mask = nullptr; // (batch, keys) or null: keys where it is 0 get no weight; a query that sees no key gives 0
  T* logsumexp = nullptr;        // (batch, heads, queries) or null: log sum_j exp(score_ij), for backward
};

// Gradients of q, k and v from the one of o; the probabilities are computed again from logsumexp.
// dq, dk, dv are overwritten; they have the strides of dq_at, dk_at, dv_at.
template <class T> struct AttentionBackward {
  Attention<T> forward;          // as it was run, with o and logsumexp filled in
  const T* d_o; HeadStrides do_at;
  T* dq; HeadStrides dq_at;
  T* dk; HeadStrides dk_at;
  T* dv; HeadStrides dv_at;
};

template <class T> std::string shape_of(const Attention<T>& a) { return sizes({a.batch, a.heads, a.queries, a.keys, a.size}) + (a.causal ? " causal" : ""); }
template <class T> std::string shape_of(const AttentionBackward<T>& a) { return shape_of(a.forward); }

extern const Table<Attention<float>> attention_variants;
extern const Table<Attention<double>> attention_f64_variants;
extern const Table<AttentionBackward<float>> attention_backward_variants;
extern const Table<AttentionBackward<double>> attention_backward_f64_variants;

}  // namespace ceir
