// The plain implementation: a block of points, one centre after the other.
#pragma once
#include <algorithm>
#include <limits>
#include <vector>

#include "kernels/base/threads.h"
#include "kernels/kmeans/kmeans.h"

namespace ceir {

// dot[lane] = x_lane . c for one block; c's coordinates lie `step` apart.
template <class T>
static void kmeans_dots(const T* block, const T* c, int64_t step, int64_t d, T* dot) {
  constexpr int64_t width = kmeans_block<T>;
  for (int64_t lane = 0; lane < width; lane++) dot[lane] = 0;
  for (int64_t j = 0; j < d; j++) {
    const T value = c[j * step];
    for (int64_t lane = 0; lane < width; lane++) dot[lane] += value * block[j * width + lane];
  }
}

template <class T>
void kmeans_assign_ref(const KMeansAssign<T>& a) {
  constexpr int64_t width = kmeans_block<T>;
  parallel_for(a.blocks, 16, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; b++) {
      T dot[width], best[width], next[width];
      int32_t label[width], next_label[width];
      for (int64_t lane = 0; lane < width; lane++) {
        best[lane] = next[lane] = std::numeric_limits<T>::infinity();
        label[lane] = next_label[lane] = 0;
      }
      for (int64_t i = 0; i < a.k; i++) {
        const int64_t first = i / a.tile * a.tile, step = first + a.tile < a.k ? a.tile : a.k - first;
        kmeans_dots(a.points + b * a.d * width, a.centers + first * a.d + (i - first), step, a.d, dot);
      T* of_tile = a.tile_score ? a.tile_score + (i / a.tile * a.blocks + b) * width : nullptr;
        if (of_tile && i == first)
          for (int64_t lane = 0; lane < width; lane++) of_tile[lane] = std::numeric_limits<T>::infinity();
        for (int64_t lane = 0; lane < width; lane++) {
          const T score = a.center_norms[i] - 2 * dot[lane];
          if (of_tile) {  // whoever loses the first place so far comes back into its own tile's minimum
            T* losers = score < best[lane] ? a.tile_score + (label[lane] / a.tile * a.blocks + b) * width : of_tile;
            const T lost = score < best[lane] ? best[lane] : score;
            if (lost < losers[lane]) losers[lane] = lost;
          }
          if (score < best[lane]) {
            next[lane] = best[lane], next_label[lane] = label[lane];
            best[lane] = score, label[lane] = static_cast<int32_t>(i);
          } else if (score < next[lane]) {
            next[lane] = score, next_label[lane] = static_cast<int32_t>(i);
          }
        }
      }
      for (int64_t lane = 0; lane < width; lane++) {
        a.label[b * width + lane] = label[lane];
        a.score[b * width + lane] = best[lane];
        if (a.next_label) a.next_label[b * width + lane] = next_label[lane], a.next_score[b * width + lane] = next[lane];
      }
    }
  });
}

template <class T>
void kmeans_candidates_ref(const KMeansCandidates<T>& a) {
  constexpr int64_t width = kmeans_block<T>;
  parallel_for(a.blocks, 16, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; b++)
      for (int64_t q = 0; q < a.m; q++) {
        T dot[width];
        kmeans_dots(a.points + b * a.d * width, a.candidates + q, a.m, a.d, dot);
        double sum = 0;
        for (int64_t lane = 0; lane < width; lane++) {
          const int64_t p = b * width + lane;
          T distance = a.point_norms[p] + (a.candidate_norms[q] - 2 * dot[lane]);
          if (a.closest[p] < distance) distance = a.closest[p];
          if (distance < 0) distance = 0;
          a.nearest[q * a.blocks * width + p] = distance;
          sum += static_cast<double>(distance);
        }
        a.potential[q * a.blocks + b] = sum;
      }
  });
}

// Columns are handed out, not rows: every column's sums run over all rows in order.
template <class T>
void kmeans_update_ref(const KMeansUpdate<T>& a) {
  const int64_t rows = kmeans_update_rows(a.n);
  parallel_for(a.d, 32, [&](int64_t begin, int64_t end) {
    const int64_t width = end - begin;
    std::vector<double> part(static_cast<size_t>(a.k * width));
    for (int64_t c = 0; c < a.k; c++)
      for (int64_t j = begin; j < end; j++) a.sums[c * a.d + j] = 0;
    for (int64_t first = 0; first < a.n; first += rows) {
      std::fill(part.begin(), part.end(), 0.0);
      for (int64_t i = first; i < first + rows && i < a.n; i++) {
        double* to = part.data() + a.label[i] * width;
        const T* x = a.x + i * a.d + begin;
        for (int64_t j = 0; j < width; j++) to[j] += static_cast<double>(x[j]) - (a.shift ? a.shift[begin + j] : 0);
      }
      for (int64_t c = 0; c < a.k; c++)
        for (int64_t j = 0; j < width; j++) a.sums[c * a.d + begin + j] += part[static_cast<size_t>(c * width + j)];
    }
  });
  for (int64_t c = 0; c < a.k; c++) a.counts[c] = 0;
  for (int64_t i = 0; i < a.n; i++) a.counts[a.label[i]]++;
}

// The labels by kmeans_assign(), then the sums.
template <class T>
void kmeans_step_ref(const KMeansStep<T>& s) {
  kmeans_assign(s.assign);
  const KMeansAssign<T>& a = s.assign;
  constexpr int64_t width = kmeans_block<T>;
  const int64_t rows = kmeans_step_blocks<T>(s.n) * width;
  parallel_for(a.d, 32, [&](int64_t begin, int64_t end) {
    std::vector<double> part(static_cast<size_t>(a.k));
    for (int64_t j = begin; j < end; j++) {
      for (int64_t c = 0; c < a.k; c++) s.sums[c * a.d + j] = 0;
      for (int64_t first = 0; first < s.n; first += rows) {
        std::fill(part.begin(), part.end(), 0.0);
        for (int64_t i = first; i < first + rows && i < s.n; i++)
          part[static_cast<size_t>(a.label[i])] += static_cast<double>(a.points[(i / width * a.d + j) * width + i % width]);
        for (int64_t c = 0; c < a.k; c++) s.sums[c * a.d + j] += part[static_cast<size_t>(c)];
      }
    }
  });
  for (int64_t c = 0; c < a.k; c++) s.counts[c] = 0;
  for (int64_t i = 0; i < s.n; i++) s.counts[a.label[i]]++;
}

}  // namespace ceir
