// What k-means spends its time in: the nearest of K centres for every point, and distances to a few candidates.
//
// Both work on |x - c|^2 - |x|^2 = |c|^2 - 2 x.c, one multiply-add per coordinate. That difference cancels far from the
// origin, so the caller centres points and centres first. Points are packed so that a vector register holds one
// coordinate of many points: any K fills the registers, and the smallest score is found without leaving them.
#pragma once
#include <cstdint>

#include "kernels/base/table.h"

namespace ceir {

// Points per block: 128 bytes of one coordinate, two cache lines.
template <class T> constexpr int64_t kmeans_block = 128 / static_cast<int64_t>(sizeof(T));

// Centres per tile at most: 12 centres x 2 vectors of points = 24 accumulators of AVX-512's 32 registers; AVX2's 16 take
// half a tile at a time.
constexpr int64_t kmeans_tile = 12;

// points: coordinate j of point 'block * kmeans_block + lane' at [(block * d + j) * kmeans_block + lane]; lanes beyond
// n are zero. centers: tiles of `tile` centres (the last may have fewer), coordinate j of centre tile * t + i at
// [tile * t * d + j * width + i], where width is the number of centres in tile t. pack.h makes both.
//
// label[p] = argmin_i |c_i|^2 - 2 x_p.c_i, the lowest i of equals; score[p] that minimum (without |x_p|^2).
template <class T> struct KMeansAssign {
  const T* points;         // packed (blocks, d, kmeans_block)
  const T* centers;        // packed (K, d)
  const T* center_norms;   // (K) |c|^2
  int64_t blocks, d, k, tile;
  int32_t* label;          // (blocks * kmeans_block)
  T* score;                // (blocks * kmeans_block)
  int32_t* next_label = nullptr;  // the second smallest (0 when K is 1), or null
  T* next_score = nullptr;        // its score (infinite when K is 1); null exactly when next_label is
  T* tile_score = nullptr;        // (tiles, blocks * kmeans_block) or null: the smallest score of each tile's centres
                                  // other than label[p] (infinite when there is none): lower bounds. Not with next_label.
};

// nearest[q, p] = max(0, min(closest[p], |x_p - c_q|^2)) for m candidates (one tile); potential[q, block] is the sum of
// the block's in f64. closest is 0 in lanes beyond n, so that they add nothing. (Arthur & Vassilvitskii 2007, greedy.)
template <class T> struct KMeansCandidates {
  const T* points;          // packed, as above
  const T* point_norms;     // (blocks * kmeans_block) |x|^2
  const T* candidates;      // packed, one tile of m
  const T* candidate_norms; // (m)
  const T* closest;         // (blocks * kmeans_block)
  int64_t blocks, d, m;     // m <= kmeans_tile
  T* nearest;               // (m, blocks * kmeans_block)
  double* potential;        // (m, blocks)
};

// The other half of a step of Lloyd: sums[c] = the sum of (x_i - shift) over the rows with label c, counts[c] their number, in f64.
// Rows are added in ascending order within parts of kmeans_update_rows(n), and the parts in order: the same bits in every
// variant, for any number of threads and on any GPU.
template <class T> struct KMeansUpdate {
  const T* x;            // (n, d)
  const double* shift;   // (d), or null for none
  const int32_t* label;  // (n), each in [0, k)
  int64_t n, d, k;
  double* sums;          // (k, d)
  int64_t* counts;       // (k)
};

constexpr int64_t kmeans_update_parts = 256;  // at most: each needs room for (k, d) sums on a GPU
constexpr int64_t kmeans_update_rows(int64_t n) {
  const int64_t rows = (n + kmeans_update_parts - 1) / kmeans_update_parts;
  return rows > 256 ? rows : 256;
}

// A whole step: labels, and the sums and counts of the points with each, without the points being fetched twice. sums are of
// the packed points, so of the centred and rounded ones, in parts of kmeans_step_blocks(n) blocks, as in KMeansUpdate.
template <class T> struct KMeansStep {
  KMeansAssign<T> assign;  // points at a multiple of 16 bytes
  int64_t n;        // points; lanes beyond add nothing
  double* sums;     // (k, d)
  int64_t* counts;  // (k)
};

// A multiple of four blocks, which a GPU labels at once.
template <class T> constexpr int64_t kmeans_step_blocks(int64_t n) {
  const int64_t four = 4 * kmeans_block<T>;
  return (kmeans_update_rows(n) + four - 1) / four * 4;
}

template <class T> std::string shape_of(const KMeansAssign<T>& a) { return sizes({a.blocks * kmeans_block<T>, a.d}) + ", k " + std::to_string(a.k); }
template <class T> std::string shape_of(const KMeansCandidates<T>& a) { return sizes({a.blocks * kmeans_block<T>, a.d}) + ", " + std::to_string(a.m) + " candidates"; }
template <class T> std::string shape_of(const KMeansUpdate<T>& a) { return sizes({a.n, a.d}) + ", k " + std::to_string(a.k); }
template <class T> std::string shape_of(const KMeansStep<T>& a) { return shape_of(a.assign); }

extern const Table<KMeansAssign<float>> kmeans_assign_variants;
extern const Table<KMeansAssign<double>> kmeans_assign_f64_variants;
extern const Table<KMeansCandidates<float>> kmeans_candidates_variants;
extern const Table<KMeansCandidates<double>> kmeans_candidates_f64_variants;
extern const Table<KMeansUpdate<float>> kmeans_update_variants;
extern const Table<KMeansUpdate<double>> kmeans_update_f64_variants;
extern const Table<KMeansStep<float>> kmeans_step_variants;
extern const Table<KMeansStep<double>> kmeans_step_f64_variants;

template <class T> void kmeans_assign(const KMeansAssign<T>& args);
template <class T> void kmeans_candidates(const KMeansCandidates<T>& args);
template <class T> void kmeans_update(const KMeansUpdate<T>& args);
template <class T> void kmeans_step(const KMeansStep<T>& args);

}  // namespace ceir
