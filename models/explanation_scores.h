// Do explanations name what is really there? Rankings of concepts against known truth (the drawn world, or any data set
// that says what is visible in each picture).
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace ceir {

// For each concept the attribute of the same name, -1 where there is none.
std::vector<int64_t> attribute_of_concepts(const std::vector<std::string>& concepts, const std::vector<std::string>& attributes);

// What characterises each cluster, over all A attributes (those the filters dropped too): visible in at least half of its
// pictures, and P(visible | cluster) / P(visible) >= 1.5. visible (N, A) u8, 0 or 1; clusters (N) i64 in [0, count).
// Ascending; empty for an empty cluster. Throws Error(bad_input) when shapes or cluster numbers do not fit.
std::vector<std::vector<int64_t>> relevant_attributes(const Tensor& visible, const Tensor& clusters, int64_t count);

// Hits among the first min(5, |R|) entries, over min(5, |R|); R is the set of attributes that count, never empty.
// A concept that is no attribute is a miss, and so is a place that a short ranking leaves empty.
double precision_at_5(const std::vector<int64_t>& ranking, const std::vector<int64_t>& attribute_of_concept, const std::vector<int64_t>& relevant);

struct ExplanationPrecision {
  double cluster = 0, image = 0;      // means; NaN when there is nothing to take the mean of
  int64_t clusters_without_truth = 0;  // R empty: left out of the mean
  int64_t images_without_truth = 0;    // nothing visible: left out of the mean
};

// cluster_rankings[c], image_rankings[n]: concepts, first entries first; attribute_of_concept (K').
ExplanationPrecision explanation_precision(const std::vector<std::vector<int64_t>>& cluster_rankings, const std::vector<std::vector<int64_t>>& image_rankings,
                                           const std::vector<int64_t>& attribute_of_concept, const Tensor& visible, const Tensor& clusters);

// Each picture's concepts by signed contribution, largest first; of equal ones the earlier concept. contributions (N, K').
std::vector<std::vector<int64_t>> rank_contributions(const Tensor& contributions);

// What the filters did with words whose truth is known. NaN when the initial list holds none of the kind.
struct FilterTruth {
  double attributes_kept = 0;      // share of the drawn attributes of the initial list that are in `kept`
  double distractors_dropped = 0;  // share of its never-drawn concepts that are not
};
FilterTruth filter_truth(const std::vector<std::string>& initial, const std::vector<std::string>& kept, const std::vector<std::string>& drawn,
                         const std::vector<std::string>& never_drawn);

}  // namespace ceir
