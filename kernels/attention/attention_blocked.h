// Attention from the blocked matrix product: a few queries at a time against all keys, the scores in cache.
// Included by attention_avx2.cpp and attention_avx512.cpp only: everything here is internal to those files.
#pragma once
#include <cmath>

#include "kernels/attention/attention.h"
#include "kernels/gemm/gemm_blocked.h"

namespace ceir {
namespace {

constexpr int64_t query_block = 96;  // a multiple of both tile heights; 96 x 257 scores in f32 are 96 KiB

// One (image, head): its operands, and panels of k^T (or v^T) made once for all blocks of queries.
template <class V> struct Head {
  using T = typename V::T;
  const Attention<T>& a;
  int64_t b, h;
  const T* q() const { return a.q + b * a.q_at.batch + h * a.q_at.head; }
  const T* k() const { return a.k + b * a.k_at.batch + h * a.k_at.head; }
  const T* v() const { return a.v + b * a.v_at.batch + h * a.v_at.head; }
  T* o() const { return a.o + b * a.o_at.batch + h * a.o_at.head; }
  T* logsumexp() const { return a.logsumexp ? a.logsumexp + (b * a.heads + h) * a.queries : nullptr; }
  const uint8_t* mask() const { return a.mask ? a.mask + b * a.keys : nullptr; }
};

template <class V>
static typename V::T* pack_whole(const Gemm<typename V::T>& g, typename V::T* to) {
  for (int64_t j = 0; j < g.n; j += panel<V>) pack_panel<V>(g, 0, g.k, j, to + j * g.k);
  return to;
}

// Scores of one query, in place -> e^(scale s - largest), 0 where the key is not seen or past the end (up to `padded`,
// whole registers). Returns 1 / sum, or 0 when no key is seen; logsumexp when wanted.
template <class V>
static typename V::T exponentials(typename V::T* s, int64_t seen, int64_t padded, const uint8_t* mask,
                                  typename V::T scale, typename V::T* logsumexp) {
  using T = typename V::T;
  const T nothing = -static_cast<T>(INFINITY);
  for (int64_t j = seen; j < padded; j++) s[j] = nothing;
  if (mask)
    for (int64_t j = 0; j < seen; j++)
      if (!mask[j]) s[j] = nothing;
  typename V::Reg most = V::set1(nothing);
  for (int64_t j = 0; j < padded; j += V::width) most = max(most, V::load(s + j));
  const T largest = most.largest();
  if (largest == nothing) {
    for (int64_t j = 0; j < padded; j++) s[j] = 0;
    if (logsumexp) *logsumexp = nothing;
    return 0;
  }
  const typename V::Reg top = V::set1(largest), factor = V::set1(scale);
  typename V::Reg sum = V::zero();
  for (int64_t j = 0; j < padded; j += V::width) {
    const typename V::Reg e = V::exp(factor * (V::load(s + j) - top));
    sum = sum + e;
    V::store(s + j, e);
  }
  const T total = sum.sum();
  if (logsumexp) *logsumexp = scale * largest + std::log(total);
  return 1 / total;
}

template <class V>
static void attention_head(const Head<V>& head) {
  using T = typename V::T;
  const Attention<T>& a = head.a;
  const int64_t bytes = static_cast<int64_t>(sizeof(T));
  const int64_t columns = divide_up(a.keys, panel<V>) * panel<V>, wide = divide_up(a.size, panel<V>) * panel<V>;
  T* scratch = static_cast<T*>(workspace(Scratch::other, (columns * a.size + wide * a.keys) * bytes));
  const Gemm<T> transposed{.b = head.k(), .b_row = 1, .b_col = a.k_at.row, .n = a.keys, .k = a.size};
  const Gemm<T> values{.b = head.v(), .b_row = a.v_at.row, .b_col = 1, .n = a.size, .k = a.keys};
  const T* keys = pack_whole<V>(transposed, scratch);
  // One block of k for the whole row: the packed panels of v hold k = keys, read up to the last key seen.
  const T* v = pack_whole<V>(values, scratch + columns * a.size);
  const int64_t row = columns + V::width;  // not a power of two apart
  T* s = static_cast<T*>(workspace(Scratch::scores, smaller(query_block, a.queries) * row * bytes));
  for (int64_t i0 = 0; i0 < a.queries; i0 += query_block) {
    const int64_t rows = smaller(query_block, a.queries - i0);
    const int64_t reach = a.causal ? smaller(a.keys, i0 + rows) : a.keys;  // keys that some query of the block sees
    const int64_t padded = divide_up(reach, V::width) * V::width;
    gemm_blocked<V>({.a = head.q() + i0 * a.q_at.row, .a_row = a.q_at.row, .a_col = 1, .c = s, .c_row = row, .m = rows,
                     .n = reach, .k = a.size, .packed = keys, .panel_width = panel<V>});
    for (int64_t i = 0; i < rows; i++) {
      T* p = s + i * row;
      const int64_t seen = a.causal ? smaller(reach, i0 + i + 1) : reach;
      T* logsumexp = head.logsumexp();
      const typename V::Reg inverse =
          V::set1(exponentials<V>(p, seen, padded, head.mask(), a.scale, logsumexp ? logsumexp + i0 + i : nullptr));
      for (int64_t j = 0; j < padded; j += V::width) V::store(p + j, inverse * V::load(p + j));
    }
    // With all keys in reach, k is their number; else the rest would be multiplied by 0.
    gemm_blocked<V>({.a = s, .a_row = row, .a_col = 1, .b = head.v(), .b_row = a.v_at.row, .b_col = 1,
                     .c = head.o() + i0 * a.o_at.row, .c_row = a.o_at.row, .m = rows, .n = a.size, .k = reach,
                     .packed = reach == a.keys ? v : nullptr, .panel_width = panel<V>});
  }
}

template <class V>
static void attention_blocked(const Attention<typename V::T>& a) {
  parallel_for(a.batch * a.heads, 1, [&](int64_t begin, int64_t end) {
    SingleThread alone;
    for (int64_t i = begin; i < end; i++) attention_head<V>({a, i / a.heads, i % a.heads});
  });
}

// dv = p^T do; ds = p (do v^T - sum_j p do v^T), and that sum is do . o; dq = scale ds k; dk = scale ds^T q.
template <class V>
static void attention_backward_head(const AttentionBackward<typename V::T>& g, const Head<V>& head) {
  using T = typename V::T;
  const Attention<T>& a = g.forward;
  const int64_t bytes = static_cast<int64_t>(sizeof(T));
  const T* d_o = g.d_o + head.b * g.do_at.batch + head.h * g.do_at.head;
  T* dq = g.dq + head.b * g.dq_at.batch + head.h * g.dq_at.head;
  T* dk = g.dk + head.b * g.dk_at.batch + head.h * g.dk_at.head;
  T* dv = g.dv + head.b * g.dv_at.batch + head.h * g.dv_at.head;
  const int64_t columns = divide_up(a.keys, panel<V>) * panel<V>, row = columns + V::width;
  const int64_t most = smaller(query_block, a.queries);
  T* scratch = static_cast<T*>(workspace(Scratch::scores, 2 * most * row * bytes));
  T *p = scratch, *ds = scratch + most * row;
  for (int64_t i0 = 0; i0 < a.queries; i0 += query_block) {
    const int64_t rows = smaller(query_block, a.queries - i0);
    const int64_t reach = a.causal ? smaller(a.keys, i0 + rows) : a.keys, padded = divide_up(reach, V::width) * V::width;
    const T *q = head.q() + i0 * a.q_at.row, *d_out = d_o + i0 * g.do_at.row, *o = head.o() + i0 * a.o_at.row;
    gemm_blocked<V>({.a = q, .a_row = a.q_at.row, .a_col = 1, .b = head.k(), .b_row = 1, .b_col = a.k_at.row, .c = p,
                     .c_row = row, .m = rows, .n = reach, .k = a.size});
    gemm_blocked<V>({.a = d_out, .a_row = g.do_at.row, .a_col = 1, .b = head.v(), .b_row = 1, .b_col = a.v_at.row, .c = ds,
                     .c_row = row, .m = rows, .n = reach, .k = a.size});
    for (int64_t i = 0; i < rows; i++) {
      T *pi = p + i * row, *di = ds + i * row;
      const int64_t seen = a.causal ? smaller(reach, i0 + i + 1) : reach;
      typename V::Reg dot = V::zero();
      for (int64_t d = 0; d < a.size; d += V::width) {
        const int64_t n = smaller(V::width, a.size - d);
        dot = fma(V::load_part(d_out + i * g.do_at.row + d, n), V::load_part(o + i * a.o_at.row + d, n), dot);
      }
      const typename V::Reg inverse = V::set1(
          exponentials<V>(pi, seen, padded, head.mask(), a.scale, nullptr));
      const typename V::Reg mean = V::set1(dot.sum()), factor = V::set1(a.scale);
      for (int64_t j = reach; j < padded; j++) di[j] = 0;
      for (int64_t j = 0; j < padded; j += V::width) {
        const typename V::Reg x = inverse * V::load(pi + j);
        V::store(pi + j, x);
        V::store(di + j, factor * x * (V::load(di + j) - mean));
      }
    }
    gemm_blocked<V>({.a = ds, .a_row = row, .a_col = 1, .b = head.k(), .b_row = a.k_at.row, .b_col = 1,
                     .c = dq + i0 * g.dq_at.row, .c_row = g.dq_at.row, .m = rows, .n = a.size, .k = reach});
    for (const bool value : {false, true})  // added up over the blocks of queries, in their order
      gemm_blocked<V>({.a = value ? p : ds, .a_row = 1, .a_col = row, .b = value ? d_out : q,
                       .b_row = value ? g.do_at.row : a.q_at.row, .b_col = 1, .c = value ? dv : dk,
                       .c_row = value ? g.dv_at.row : g.dk_at.row, .m = reach, .n = a.size, .k = rows,
                       .accumulate = true});
  }
}

template <class V>
static void attention_backward_blocked(const AttentionBackward<typename V::T>& g) {
  const auto& a = g.forward;
  parallel_for(a.batch * a.heads, 1, [&](int64_t begin, int64_t end) {
    SingleThread alone;
    for (int64_t i = begin; i < end; i++) {
      const int64_t b = i / a.heads, h = i % a.heads;
      for (int64_t j = 0; j < a.keys; j++)
        for (int64_t d = 0; d < a.size; d++) {
          g.dk[b * g.dk_at.batch + h * g.dk_at.head + j * g.dk_at.row + d] = 0;
          g.dv[b * g.dv_at.batch + h * g.dv_at.head + j * g.dv_at.row + d] = 0;
        }
      attention_backward_head<V>(g, {a, b, h});
    }
  });
}

}  // namespace
}  // namespace ceir
