// How explanations and labels look as JSON: in a run folder, and from the commands that explain later.
#pragma once
#include <string>
#include <vector>

#include "models/explanations.h"
#include "models/labels.h"
#include "models/pipeline/run.h"
#include "tensor/io/json.h"

namespace ceir {

Json cluster_json(const Explanation& e, const std::vector<std::string>& names);
// The `most` concepts that stand out (three quarters from the top, one from the bottom; 0 = all), sorted by contribution.
Json image_json(const std::string& path, int64_t cluster, const float* contribution, const float* x, const std::vector<std::string>& names, int64_t most);
Json label_json(const std::vector<CountedLabel>& counted, int64_t most);

// Against the known truth of the drawn world; null values where nothing is known. precision: hits among the first 5 concepts,
// {cluster, image, clusters_without_truth}; filters: {distractors_dropped, attributes_kept}, shares of the concepts given.
// contributions (test rows, K'); rankings and chance: an order of the K' concepts for each cluster.
// visible: what visible_in_test() says, undefined where nothing is known; clusters of the test rows.
struct TruthScores {
  Json precision, random_precision, filters;
};
Tensor visible_in_test(const StageContext& c, const SharedStages& shared);  // (test rows, A) u8
TruthScores score_truth(const StageContext& c, const SeedStages& seed, const Tensor& visible, const Tensor& clusters, const Tensor& contributions,
                        const std::vector<std::vector<int64_t>>& rankings, const std::vector<std::vector<int64_t>>& chance);

// What can be measured about this seed's explanations: completeness, deletion and insertion; with known truth precision too.
// The same of every other method stands under "methods", so that truth and influence of all rankings are side by side.
Json score_explanations(const StageContext& c, const SharedStages& shared, const SeedStages& seed, const Ranking& ranking,
                        const Explanations& e, const Tensor& contributions);

}  // namespace ceir
