// The tile that the AVX2 and AVX-512 variants share: C centres against one block of points, all sums in registers.
// Everything here has internal linkage, since each including file is compiled for another instruction set.
//
// A Lane type has: T, Vec, Mask, Index (vector of labels), width (points per Vec), vecs (Vecs that a tile takes side by
// side), tile (centres at most), and the few functions used below.
#pragma once
#include <cstdint>

#include "kernels/base/threads.h"
#include "kernels/kmeans/kmeans.h"

namespace ceir {
namespace {

// dot[i][v] += x . c_i over all d coordinates; `step` is the distance between coordinates of the packed centres.
template <class L, int C>
[[gnu::always_inline]] static inline void tile_dots(const typename L::T* points, const typename L::T* centers, int64_t step,
                                                    int64_t d, typename L::Vec (&dot)[C][L::vecs]) {
#pragma GCC unroll 12
  for (int i = 0; i < C; i++)
#pragma GCC unroll 4
    for (int v = 0; v < L::vecs; v++) dot[i][v] = L::zero();
  for (int64_t j = 0; j < d; j++) {
    typename L::Vec x[L::vecs];
#pragma GCC unroll 4
    for (int v = 0; v < L::vecs; v++) x[v] = L::load(points + j * kmeans_block<typename L::T> + v * L::width);
#pragma GCC unroll 12
    for (int i = 0; i < C; i++) {
      const typename L::Vec c = L::broadcast(centers[j * step + i]);
#pragma GCC unroll 4
      for (int v = 0; v < L::vecs; v++) dot[i][v] = L::fma(c, x[v], dot[i][v]);
    }
  }
}

// What is wanted beside the nearest centre: nothing, the second nearest, or the minimum of every tile.
enum class Beside { nothing, next, tiles };

// The smallest and, when asked, the second smallest score so far, with their centres; for Beside::tiles the two
// smallest scores of the current tile.
template <class L> struct Best {
  typename L::Vec score[L::vecs], next_score[L::vecs];
  typename L::Index label[L::vecs], next_label[L::vecs];
  typename L::Vec tile_score[L::vecs], tile_next[L::vecs];
};

template <class L, int C, Beside beside>
static void assign_tile(const typename L::T* points, const typename L::T* centers, const typename L::T* norms, int64_t step,
                        int64_t d, int32_t first, Best<L>& best) {
  typename L::Vec dot[C][L::vecs];
  tile_dots<L, C>(points, centers, step, d, dot);
  const typename L::Vec minus_two = L::broadcast(-2);
#pragma GCC unroll 12
  for (int i = 0; i < C; i++) {
    const typename L::Vec norm = L::broadcast(norms[i]);
    const typename L::Index label = L::index(first + i);
#pragma GCC unroll 4
    for (int v = 0; v < L::vecs; v++) {
      const typename L::Vec score = L::fma(minus_two, dot[i][v], norm);
      const typename L::Mask closer = L::less(score, best.score[v]);
      if constexpr (beside == Beside::tiles) {
        best.tile_next[v] = L::min(best.tile_next[v], L::max(best.tile_score[v], score));
        best.tile_score[v] = L::min(best.tile_score[v], score);
      }
      if constexpr (beside == Beside::next) {
        const typename L::Mask second = L::less(score, best.next_score[v]);
        best.next_score[v] = L::select(second, score, best.next_score[v]);
        best.next_label[v] = L::select(second, label, best.next_label[v]);
        best.next_score[v] = L::select(closer, best.score[v], best.next_score[v]);
        best.next_label[v] = L::select(closer, best.label[v], best.next_label[v]);
      }
      best.score[v] = L::select(closer, score, best.score[v]);
      best.label[v] = L::select(closer, label, best.label[v]);
    }
  }
}

template <class L, Beside beside>
static void assign_part(int64_t count, const typename L::T* points, const typename L::T* centers, const typename L::T* norms,
                        int64_t step, int64_t d, int32_t first, Best<L>& best) {
  switch (count) {
    case 1: return assign_tile<L, 1, beside>(points, centers, norms, step, d, first, best);
    case 2: return assign_tile<L, 2, beside>(points, centers, norms, step, d, first, best);
    case 3: return assign_tile<L, 3, beside>(points, centers, norms, step, d, first, best);
    case 4: return assign_tile<L, 4, beside>(points, centers, norms, step, d, first, best);
    case 5: return assign_tile<L, 5, beside>(points, centers, norms, step, d, first, best);
    case 6: return assign_tile<L, 6, beside>(points, centers, norms, step, d, first, best);
    default: break;
  }
  if constexpr (L::tile == 12) switch (count) {
    case 7: return assign_tile<L, 7, beside>(points, centers, norms, step, d, first, best);
    case 8: return assign_tile<L, 8, beside>(points, centers, norms, step, d, first, best);
    case 9: return assign_tile<L, 9, beside>(points, centers, norms, step, d, first, best);
    case 10: return assign_tile<L, 10, beside>(points, centers, norms, step, d, first, best);
    case 11: return assign_tile<L, 11, beside>(points, centers, norms, step, d, first, best);
    case 12: return assign_tile<L, 12, beside>(points, centers, norms, step, d, first, best);
    default: break;
  }
}

// A packed tile of `width` centres in parts that the registers hold: 10 in AVX2 is 5 + 5.
template <class L>
static int64_t part_of(int64_t width) {
  return width <= L::tile ? width : (width + 1) / 2;
}

template <class L, Beside beside>
static void assign_block(const KMeansAssign<typename L::T>& a, int64_t b) {
  constexpr int64_t block = kmeans_block<typename L::T>;
  for (int64_t lane = 0; lane < block; lane += L::width * L::vecs) {
    const typename L::T* points = a.points + b * a.d * block + lane;
    const int64_t p = b * block + lane;
    Best<L> best;
    typename L::Vec before[L::vecs], own_next[L::vecs];  // score before the tile; second smallest of the winning tile
    for (int v = 0; v < L::vecs; v++) {
      best.score[v] = best.next_score[v] = own_next[v] = L::infinity();
      best.label[v] = best.next_label[v] = L::index(0);
    }
    for (int64_t first = 0; first < a.k; first += a.tile) {
      const int64_t width = first + a.tile < a.k ? a.tile : a.k - first, part = part_of<L>(width);
      if constexpr (beside == Beside::tiles)
        for (int v = 0; v < L::vecs; v++) before[v] = best.score[v], best.tile_score[v] = best.tile_next[v] = L::infinity();
      for (int64_t i = 0; i < width; i += part)
        assign_part<L, beside>(i + part < width ? part : width - i, points, a.centers + first * a.d + i,
                               a.center_norms + first + i, width, a.d, static_cast<int32_t>(first + i), best);
      if constexpr (beside == Beside::tiles)
        for (int v = 0; v < L::vecs; v++) {
          own_next[v] = L::select(L::less(best.tile_score[v], before[v]), best.tile_next[v], own_next[v]);
          L::store(a.tile_score + first / a.tile * a.blocks * block + p + v * L::width, best.tile_score[v]);
        }
    }
    for (int v = 0; v < L::vecs; v++) {
      L::store(a.score + p + v * L::width, best.score[v]);
      L::store_index(a.label + p + v * L::width, best.label[v]);
      if constexpr (beside == Beside::next) {
        L::store(a.next_score + p + v * L::width, best.next_score[v]);
        L::store_index(a.next_label + p + v * L::width, best.next_label[v]);
      }
    }
    if constexpr (beside == Beside::tiles) {
      typename L::T others[L::width * L::vecs];
      for (int v = 0; v < L::vecs; v++) L::store(others + v * L::width, own_next[v]);
      for (int64_t l = 0; l < L::width * L::vecs; l++)
        a.tile_score[a.label[p + l] / a.tile * a.blocks * block + p + l] = others[l];
    }
  }
}

template <class L>
static void assign_all(const KMeansAssign<typename L::T>& a) {
  parallel_for(a.blocks, 16, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; b++) {
      if (a.next_label) assign_block<L, Beside::next>(a, b);
      else if (a.tile_score) assign_block<L, Beside::tiles>(a, b);
      else assign_block<L, Beside::nothing>(a, b);
    }
  });
}

template <class L, int C>
static void candidates_tile(const KMeansCandidates<typename L::T>& a, int64_t b, int64_t lane, int64_t q) {
  constexpr int64_t block = kmeans_block<typename L::T>;
  typename L::Vec dot[C][L::vecs];
  tile_dots<L, C>(a.points + b * a.d * block + lane, a.candidates + q, a.m, a.d, dot);
  const typename L::Vec minus_two = L::broadcast(-2);
#pragma GCC unroll 12
  for (int i = 0; i < C; i++) {
    const typename L::Vec norm = L::broadcast(a.candidate_norms[q + i]);
    double sum = 0;
#pragma GCC unroll 4
    for (int v = 0; v < L::vecs; v++) {
      const int64_t p = b * block + lane + v * L::width;
      typename L::Vec distance = L::add(L::load(a.point_norms + p), L::fma(minus_two, dot[i][v], norm));
      distance = L::max(L::zero(), L::min(L::load(a.closest + p), distance));
      L::store(a.nearest + (q + i) * a.blocks * block + p, distance);
      sum += L::sum(distance);
    }
    double& potential = a.potential[(q + i) * a.blocks + b];
    potential = lane == 0 ? sum : potential + sum;
  }
}

template <class L>
static void candidates_all(const KMeansCandidates<typename L::T>& a) {
  parallel_for(a.blocks, 16, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; b++)
      for (int64_t lane = 0; lane < kmeans_block<typename L::T>; lane += L::width * L::vecs)
        for (int64_t q = 0; q < a.m;) {
          const int64_t left = a.m - q;
          if (left >= 6) candidates_tile<L, 6>(a, b, lane, q), q += 6;
          else if (left == 5) candidates_tile<L, 5>(a, b, lane, q), q += 5;
          else if (left == 4) candidates_tile<L, 4>(a, b, lane, q), q += 4;
          else if (left == 3) candidates_tile<L, 3>(a, b, lane, q), q += 3;
          else if (left == 2) candidates_tile<L, 2>(a, b, lane, q), q += 2;
          else candidates_tile<L, 1>(a, b, lane, q), q += 1;
        }
  });
}

}  // namespace
}  // namespace ceir
