// Explanations against the known truth: only where a picture's visible attributes are known (the drawn world).
#include <cmath>

#include "data/scenes/scenes.h"
#include "kernels/base/threads.h"
#include "models/explanation_scores.h"
#include "models/pipeline/explain_json.h"

namespace ceir {
namespace {

// A figure that is there only when there was something to measure.
void set_known(Json& object, const char* name, double value) {
  if (std::isfinite(value)) object.set(name, value);
}

Json json_of(const ExplanationPrecision& p) {
  Json j = Json::object();
  set_known(j, "cluster", p.cluster);
  set_known(j, "image", p.image);
  return j.set("clusters_without_truth", p.clusters_without_truth);
}

}  // namespace

Tensor visible_in_test(const StageContext& c, const SharedStages& shared) {
  const auto width = static_cast<int64_t>(c.run.images->attribute_names().size()), n = static_cast<int64_t>(shared.test.size());
  if (width == 0) return {};
  std::vector<uint8_t> visible(static_cast<size_t>(n * width));
  parallel_for(n, 16, [&](int64_t begin, int64_t end) {  // the drawn world draws the picture to find out
    for (int64_t i = begin; i < end; i++)
      for (const int64_t a : c.run.images->attributes(shared.set_rows[static_cast<size_t>(shared.test[static_cast<size_t>(i)])]))
        visible[static_cast<size_t>(i * width + a)] = 1;
  });
  return Tensor::from(visible, {n, width});
}

TruthScores score_truth(const StageContext& c, const SeedStages& seed, const Tensor& visible, const Tensor& clusters, const Tensor& contributions,
                        const std::vector<std::vector<int64_t>>& rankings, const std::vector<std::vector<int64_t>>& chance) {
  TruthScores scores;
  const std::vector<std::string>& attributes = c.run.images->attribute_names();
  if (!visible.defined()) return scores;
  const std::vector<std::string>& names = seed.bottleneck.concepts;
  const auto attribute_of = attribute_of_concepts(names, attributes);
  const auto chance_of_images = random_rankings(contributions.dim(0), contributions.dim(1), seed.seed);
  scores.precision = json_of(explanation_precision(rankings, rank_contributions(contributions), attribute_of, visible, clusters));
  scores.random_precision = json_of(explanation_precision(chance, chance_of_images, attribute_of, visible, clusters));
  const FilterTruth filters = filter_truth(c.run.concepts.concepts, names, attributes, scenes::distractors());
  scores.filters = Json::object();
  set_known(scores.filters, "distractors_dropped", filters.distractors_dropped);
  set_known(scores.filters, "attributes_kept", filters.attributes_kept);
  return scores;
}

}  // namespace ceir
