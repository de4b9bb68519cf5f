// The nearest centre of every row, again and again for centres that move: where it pays, rows that cannot have changed
// are not looked at.
#pragma once
#include <cstdint>
#include <vector>

#include "kernels/kmeans/kmeans.h"
#include "models/kmeans_rows.h"

namespace ceir {

// Keeps for every row an upper bound of the distance to its centre and, for every tile of centres, a lower bound of the
// distance to the others, both moved with the centres (Hamerly 2010; the tiles are the groups of Ding et al. 2015,
// "Yinyang K-means"). A row is left alone only when the bounds differ by more than the kernel can err, so the labels
// are those of looking at every row, to the bit.
template <class T>
class NearestCenters {
 public:
  NearestCenters(const CentredRows<T>& data, int64_t k, bool with_bounds);

  // True where bounds are worth their upkeep: a row then costs much more to compare than to skip.
  static bool pays(int64_t k, int64_t d) { return k >= 24 && k * d >= 2048; }

  // centers (K, d), centred, in f64; rounded to T here. Afterwards labels() are theirs.
  void look(const std::vector<double>& centers);
  const std::vector<int32_t>& labels() const { return labels_; }  // (blocks * kmeans_block)
  // Where a device looked, the sum of each centre's rows, (K, d), which the same kernel adds up; empty where the CPU did: it need
  // only look at the rows that have moved, which are few after the first rounds.
  const std::vector<double>& sums() const { return sums_; }
  int64_t rows_compared() const { return compared_; }             // by the last look()

 private:
  void look_at_all();
  void look_on_device(KMeansAssign<T> args);
  void look_at(const std::vector<int64_t>& rows);
  void keep_bounds(int64_t row, T score, const T* tile_scores, int64_t stride);
  void move_bounds(const std::vector<T>& before);
  std::vector<int64_t> doubtful_rows();
  double uncertainty(int64_t row) const;

  const CentredRows<T>& data_;
  int64_t k_, tile_, tiles_;
  bool with_bounds_, known_ = false;
  std::vector<T> rounded_, packed_, norms_;
  std::vector<int32_t> labels_;
  std::vector<T> scores_, upper_, lower_;  // lower_ (tiles, blocks * kmeans_block)
  Tensor labels_there_, scores_there_;     // (blocks * kmeans_block)
  Tensor sums_there_, counts_there_;       // (K, d), (K)
  std::vector<double> sums_;
  double longest_ = 0;                     // of the centres
  std::vector<double> moved_, tile_moved_;
  int64_t compared_ = 0;
};

}  // namespace ceir
