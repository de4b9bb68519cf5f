// Names for clusters and images by counting contributions (open-world label generation, the authors' demo).
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace ceir {

struct CountedLabel {
  std::string name;  // with "NOT " where the concept is below its mean
  int64_t index;     // of the concept
  bool negated;
  int64_t count;     // images for which it counts
  double share;      // count / images of the group
  double lift;       // share / share over all images; 1 when counted over all
};

// A concept counts for an image when |contribution| > threshold. Most counted first, then by name.
// contributions, x (N, K).
std::vector<CountedLabel> count_labels(const Tensor& contributions, const Tensor& x,
                                       const std::vector<std::string>& concepts, double threshold = 0.05);

// The same for each of the clusters 0 .. count-1; clusters (N) i64.
std::vector<std::vector<CountedLabel>> count_cluster_labels(const Tensor& contributions, const Tensor& x,
                                                            const std::vector<std::string>& concepts, const Tensor& clusters,
                                                            int64_t count, double threshold = 0.05);

// Names that tell clusters apart: the concepts with the best share x log lift, present ones first, `words` each, joined
// by ", ". A name that two clusters would share grows by further words until they differ.
std::vector<std::string> cluster_names(const std::vector<std::vector<CountedLabel>>& counted, int64_t words = 3);

// What an image shows: the concepts that count for it and are above their mean, by decreasing contribution. Row of (K).
std::vector<std::string> image_labels(const Tensor& contribution, const Tensor& x, const std::vector<std::string>& concepts,
                                      int64_t at_most = 5, double threshold = 0.05);

}  // namespace ceir
