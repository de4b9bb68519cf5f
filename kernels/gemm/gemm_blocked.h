// The blocked matrix product (Goto & van de Geijn 2008), written once over a vector type V and compiled for each
// instruction set. Included by gemm_avx2.cpp and gemm_avx512.cpp only: everything here is internal to those files.
//
// V is a Lanes of lanes.h.
#pragma once
#include <cstdint>

#include "kernels/base/threads.h"
#include "kernels/base/workspace.h"
#include "kernels/gemm/gemm.h"

namespace ceir {
namespace {

constexpr int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
constexpr int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
constexpr int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

template <class V> constexpr int panel = 2 * V::width;

// tile (rows, panel) = A (rows, k) times one panel of B. `Dense`: A was packed, its columns are V::rows apart.
template <class V, int rows, bool Dense>
static void multiply_tile(int64_t k, const typename V::T* a, int64_t a_row, int64_t a_col, const typename V::T* b,
                          typename V::T* tile, const typename V::T* next, int64_t next_step) {
  using Reg = typename V::Reg;
  Reg sum[rows][2];
#pragma GCC unroll 16
  for (int i = 0; i < rows; i++) sum[i][0] = sum[i][1] = V::zero();
  if constexpr (Dense) a_row = 1, a_col = V::rows;
  const int64_t a_3rows = 3 * a_row;
  for (int64_t p = 0; p < k; p++) {
    const Reg b0 = V::load(b), b1 = V::load(b + V::width);
    const typename V::T* x = a;  // three rows per base register, so that x86 addressing reaches them
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) {
      const Reg y = V::set1(x[i % 3 * a_row]);
      sum[i][0] = fma(y, b0, sum[i][0]);
      sum[i][1] = fma(y, b1, sum[i][1]);
      if (i % 3 == 2) x += a_3rows;
    }
    a += a_col;
    b += panel<V>;
    __builtin_prefetch(next, 0, 2);
    next += next_step;
  }
#pragma GCC unroll 16
  for (int i = 0; i < rows; i++) {
    V::store(tile + i * panel<V>, sum[i][0]);
    V::store(tile + i * panel<V> + V::width, sum[i][1]);
  }
}

template <class V, bool Dense, int rows = V::rows>
static void multiply_rows(int64_t height, int64_t k, const typename V::T* a, int64_t a_row, int64_t a_col,
                          const typename V::T* b, typename V::T* tile, const typename V::T* next, int64_t next_step) {
  if (height == rows) return multiply_tile<V, rows, Dense>(k, a, a_row, a_col, b, tile, next, next_step);
  if constexpr (rows > 1) multiply_rows<V, Dense, rows - 1>(height, k, a, a_row, a_col, b, tile, next, next_step);
}

// Where partial sums are between two blocks of k: C itself, unless the residual lies there and is needed at the end.
template <class V> struct Partial {
  typename V::T* at;
  int64_t row;
};

// Takes a tile of sums to where it belongs; on the last block of k with everything that follows the product.
template <class V>
static void finish_tile(const Gemm<typename V::T>& g, const Partial<V>& partial, int64_t i0, int64_t height, int64_t j0,
                        bool first, bool last, const typename V::T* tile) {
  using T = typename V::T;
  const bool residual_first = g.residual && g.activation == Unary::none;
  for (int64_t i = 0; i < height; i++) {
    for (int64_t j = 0; j < panel<V>; j += V::width) {
      const int64_t n = smaller(g.n - j0 - j, V::width);
      if (n <= 0) break;
      T* c = g.c + (i0 + i) * g.c_row + j0 + j;
      T* sums = partial.at + (i0 + i) * partial.row + j0 + j;
      const T* residual = g.residual ? g.residual + (i0 + i) * g.residual_row + j0 + j : nullptr;
      typename V::Reg y = V::load(tile + i * panel<V> + j);
      if (!first) y = V::load_part(sums, n) + y;
      else if (g.accumulate) y = V::load_part(c, n) + y;
      else if (residual_first) y = V::load_part(residual, n) + y;
      if (!last) {
        V::store_part(sums, y, n);
        continue;
      }
      if (g.bias) y = y + V::load_part(g.bias + j0 + j, n);
      if (g.activation != Unary::none) {
        y = V::activate(g.activation, y);
        if (residual) y = y + V::load_part(residual, n);
      }
      V::store_part(c, y, n);
    }
  }
}

// Columns [j0, j0 + panel) of rows [p0, p0 + k) of B, zeros past n.
template <class V>
static void pack_panel(const Gemm<typename V::T>& g, int64_t p0, int64_t k, int64_t j0, typename V::T* to) {
  using T = typename V::T;
  const int64_t n = smaller(panel<V>, g.n - j0);
  const T* from = g.b + p0 * g.b_row + j0 * g.b_col;
  if (g.b_col == 1) {
    for (int64_t p = 0; p < k; p++) {
      V::store(to + p * panel<V>, V::load_part(from + p * g.b_row, smaller(n, V::width)));
      V::store(to + p * panel<V> + V::width,
               n > V::width ? V::load_part(from + p * g.b_row + V::width, n - V::width) : V::zero());
    }
    return;
  }
  int64_t done = 0;
  if (g.b_row == 1 && n == panel<V>) done = V::transpose_panel(from, g.b_col, k, to);
  for (int64_t p = done; p < k; p++)
    for (int64_t j = 0; j < panel<V>; j++) to[p * panel<V> + j] = j < n ? from[p * g.b_row + j * g.b_col] : T(0);
}

// Rows [i0, i0 + height) of columns [p0, p0 + k) of A, a column V::rows apart from the next.
template <class V>
static void pack_rows(const Gemm<typename V::T>& g, int64_t i0, int64_t height, int64_t p0, int64_t k, typename V::T* to) {
  const typename V::T* from = g.a + i0 * g.a_row + p0 * g.a_col;
  if (g.a_row == 1) {
    for (int64_t p = 0; p < k; p++)
      for (int64_t i = 0; i < height; i++) to[p * V::rows + i] = from[p * g.a_col + i];
    return;
  }
  for (int64_t i = 0; i < height; i++)
    for (int64_t p = 0; p < k; p++) to[p * V::rows + i] = from[i * g.a_row + p * g.a_col];
}

template <class V> struct Plan {
  using T = typename V::T;
  const Gemm<T>& g;
  int64_t blocks, block;  // of k
  int64_t tiles;          // row tiles of nearly equal height
  const T* packed;        // all of B in panels, or null: each task packs its own
  bool a_packed;          // rows of A are copied next to each other first
  int64_t tile_begin(int64_t t) const { return t * g.m / tiles; }
};

// One part of C: row tiles [t0, t1), panels [q0, q1).
template <class V>
static void multiply_part(const Plan<V>& plan, int64_t t0, int64_t t1, int64_t q0, int64_t q1) {
  using T = typename V::T;
  const Gemm<T>& g = plan.g;
  Partial<V> partial{g.c, g.c_row};
  if (g.residual && g.activation != Unary::none && plan.blocks > 1) {
    partial.row = (q1 - q0) * panel<V>;
    const int64_t rows = plan.tile_begin(t1) - plan.tile_begin(t0);
    T* at = static_cast<T*>(workspace(Scratch::partial, rows * partial.row * static_cast<int64_t>(sizeof(T))));
    partial.at = at - plan.tile_begin(t0) * partial.row - q0 * panel<V>;
  }
  const int64_t group = larger(1, (int64_t{96} << 10) / (V::rows * larger(1, plan.block) * static_cast<int64_t>(sizeof(T))));
  T* own_b = plan.packed ? nullptr
                         : static_cast<T*>(workspace(Scratch::packed_b, (q1 - q0) * panel<V> * plan.block *
                                                                            static_cast<int64_t>(sizeof(T))));
  T* own_a = plan.a_packed ? static_cast<T*>(workspace(Scratch::packed_a, group * V::rows * plan.block *
                                                                             static_cast<int64_t>(sizeof(T))))
                           : nullptr;
  alignas(64) T tile[V::rows * panel<V>];
  for (int64_t block = 0; block < plan.blocks; block++) {
    const int64_t p0 = block * plan.block, k = smaller(plan.block, g.k - p0);
    if (own_b)
      for (int64_t q = q0; q < q1; q++) pack_panel<V>(g, p0, k, q * panel<V>, own_b + (q - q0) * panel<V> * k);
    for (int64_t s0 = t0; s0 < t1; s0 += group) {  // rows of A that stay in the second-level cache
      const int64_t s1 = smaller(t1, s0 + group);
      if (own_a)
        for (int64_t t = s0; t < s1; t++)
          pack_rows<V>(g, plan.tile_begin(t), plan.tile_begin(t + 1) - plan.tile_begin(t), p0, k,
                       own_a + (t - s0) * V::rows * k);
      for (int64_t q = q0; q < q1; q++) {
        const T* b = own_b ? own_b + (q - q0) * panel<V> * k : plan.packed + q * panel<V> * g.k + p0 * panel<V>;
        // Each tile brings its share of the next panel nearer, so that no tile waits for memory.
        const int64_t step = panel<V> / (s1 - s0);
        const T* next = b + (own_b ? k : g.k) * panel<V>;
        for (int64_t t = s0; t < s1; t++, next += step * k) {
          const int64_t i0 = plan.tile_begin(t), height = plan.tile_begin(t + 1) - i0;
          if (own_a)
            multiply_rows<V, true>(height, k, own_a + (t - s0) * V::rows * k, 1, V::rows, b, tile, next, step);
          else
            multiply_rows<V, false>(height, k, g.a + i0 * g.a_row + p0 * g.a_col, g.a_row, g.a_col, b, tile, next, step);
          finish_tile<V>(g, partial, i0, height, q * panel<V>, block == 0, block + 1 == plan.blocks, tile);
        }
      }
    }
  }
}

template <class V>
static void gemm_blocked(const Gemm<typename V::T>& g) {
  using T = typename V::T;
  if (g.m <= 0 || g.n <= 0) return;
  const int64_t bytes = static_cast<int64_t>(sizeof(T)), panels = divide_up(g.n, panel<V>);
  const int64_t blocks = larger(1, divide_up(g.k, V::longest_block));
  Plan<V> plan{g, blocks, divide_up(g.k, blocks), divide_up(g.m, V::rows), nullptr, false};
  // Rows of A are read in place when they are dense, unless they lie so that they evict each other (a multiple of
  // 2 KiB apart: eight of them share a set of a 32 KiB cache of 8 ways).
  plan.a_packed = g.a_col != 1 || (g.m >= 4 && g.a_row * bytes % 2048 == 0 && panels > 2);

  const bool serial = inside_parallel() || thread_count() == 1 || g.m * g.n * g.k < (int64_t{1} << 19);
  if (g.packed && g.panel_width == panel<V>) plan.packed = g.packed;
  else if (!serial && g.k * panels * panel<V> * bytes <= (int64_t{8} << 20)) {
    T* b = static_cast<T*>(workspace(Scratch::packed_b, larger(1, g.k) * panels * panel<V> * bytes));
    parallel_for(panels, larger(1, (int64_t{1} << 15) / (larger(1, g.k) * panel<V>)), [&](int64_t q0, int64_t q1) {
      for (int64_t q = q0; q < q1; q++) pack_panel<V>(g, 0, g.k, q * panel<V>, b + q * panel<V> * g.k);
    });
    plan.packed = b;
  }
  if (serial) return multiply_part<V>(plan, 0, plan.tiles, 0, panels);

  // How C is cut decides nothing about its bits: an element is one sum over k wherever it is computed.
  const int64_t target = 4 * thread_count();
  int64_t parts_m, parts_n;
  if (plan.packed) {
    parts_m = larger(1, smaller(target, g.m / 96));
    parts_n = smaller(panels, divide_up(target, parts_m));
  } else {  // packing B again for each strip of rows costs: cut columns first
    parts_n = smaller(panels, target);
    parts_m = larger(1, smaller(divide_up(target, parts_n), g.m / 384));
  }
  parallel_for(parts_m * parts_n, 1, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; part++) {
      const int64_t i = part / parts_n, j = part % parts_n;
      multiply_part<V>(plan, i * plan.tiles / parts_m, (i + 1) * plan.tiles / parts_m, j * panels / parts_n,
                       (j + 1) * panels / parts_n);
    }
  });
}

}  // namespace
}  // namespace ceir
