// The layouts that kernels/kmeans works on.
#pragma once
#include <cstdint>

#include "kernels/kmeans/kmeans.h"

namespace ceir {

template <class T> constexpr int64_t kmeans_blocks(int64_t n) { return (n + kmeans_block<T> - 1) / kmeans_block<T>; }

// Centres per tile: K spread evenly over as few tiles as there can be (13 -> 7 + 6, not 12 + 1).
constexpr int64_t kmeans_tile_of(int64_t k) {
  const int64_t tiles = (k + kmeans_tile - 1) / kmeans_tile;
  return tiles == 0 ? 1 : (k + tiles - 1) / tiles;
}

// Rows x (n, d), each minus `shift` (d) in f64 and then rounded, into blocks; norms (blocks * kmeans_block) gets |x|^2
// of the rounded values, or is null. rows: which rows, or null for 0 .. n-1. In parallel.
template <class T>
void kmeans_pack_points(const T* x, const int64_t* rows, const double* shift, int64_t n, int64_t d, T* packed, T* norms);

// centers (k, d) f64 rounded to T into tiles of `tile`; norms (k) gets |c|^2 of the rounded values, summed in f64.
template <class T>
void kmeans_pack_centers(const double* centers, int64_t k, int64_t d, int64_t tile, T* packed, T* norms);

}  // namespace ceir
