// What the rungs of the k-means assignment share: the two nearest centres so far, and the bounds of each tile (kmeans.h).
#pragma once
#include "kernels/kmeans/kmeans.h"
#include "kernels/launch/launch.h"

namespace ceir {

struct NearestSoFar {
  float score = INFINITY, next_score = INFINITY;
  int32_t label = 0, next_label = 0;
};

// Takes in centre i's score for point p. Whoever loses the first place comes back into its own tile's smallest score.
__device__ inline void take_in(const KMeansAssign<float>& a, NearestSoFar& n, int64_t p, int64_t i, float score) {
  const int64_t padded = a.blocks * kmeans_block<float>;
  const bool first = score < n.score;
  if (a.tile_score) {
    float* own = a.tile_score + i / a.tile * padded + p;
    if (i % a.tile == 0) *own = INFINITY;
    float* losers = first ? a.tile_score + n.label / a.tile * padded + p : own;
    const float lost = first ? n.score : score;
    if (lost < *losers) *losers = lost;
  }
  if (first) {
    n.next_score = n.score, n.next_label = n.label;
    n.score = score, n.label = static_cast<int32_t>(i);
  } else if (score < n.next_score) {
    n.next_score = score, n.next_label = static_cast<int32_t>(i);
  }
}

__device__ inline void write_nearest(const KMeansAssign<float>& a, const NearestSoFar& n, int64_t p) {
  a.label[p] = n.label, a.score[p] = n.score;
  if (a.next_label) a.next_label[p] = n.next_label, a.next_score[p] = n.next_score;
}

}  // namespace ceir
