// Explanations against the known truth: only where a picture's visible attributes are known (the drawn world).
#include <algorithm>
#include <numeric>
#include <set>

#include "models/pipeline/explain_json.h"

namespace ceir {
namespace {

constexpr int64_t looked_at = 5;  // concepts at the head of a list

// Share of hits among the first min(5, |relevant|) of `ranking`; indices are those of `names`.
double precision(const std::vector<int64_t>& ranking, const std::vector<std::string>& names, const std::set<std::string>& relevant) {
  const int64_t most = std::min({looked_at, static_cast<int64_t>(relevant.size()), static_cast<int64_t>(ranking.size())});
  int64_t hits = 0;
  for (int64_t r = 0; r < most; r++) hits += static_cast<int64_t>(relevant.count(names[static_cast<size_t>(ranking[static_cast<size_t>(r)])]));
  return static_cast<double>(hits) / static_cast<double>(std::min<int64_t>(looked_at, static_cast<int64_t>(relevant.size())));
}

// What is drawn in a cluster more than elsewhere: visible in at least half of its pictures, and at least 1.5 times as often
// as in the whole split. One set of names a cluster.
std::vector<std::set<std::string>> relevant_attributes(const std::vector<std::set<std::string>>& visible, const int64_t* clusters, int64_t count,
                                                       const std::vector<std::string>& attributes) {
  const auto n = static_cast<double>(visible.size());
  std::vector<std::set<std::string>> relevant(static_cast<size_t>(count));
  for (const std::string& name : attributes) {
    std::vector<double> with(static_cast<size_t>(count)), size(static_cast<size_t>(count));
    double everywhere = 0;
    for (size_t i = 0; i < visible.size(); i++) {
      const double here = visible[i].count(name) ? 1 : 0;
      with[static_cast<size_t>(clusters[i])] += here, size[static_cast<size_t>(clusters[i])] += 1, everywhere += here;
    }
    for (size_t c = 0; c < relevant.size(); c++)
      if (size[c] > 0 && everywhere > 0 && 2 * with[c] >= size[c] && with[c] / size[c] >= 1.5 * everywhere / n) relevant[c].insert(name);
  }
  return relevant;
}

}  // namespace

TruthScores score_truth(const StageContext& c, const SharedStages& shared, const SeedStages& seed, const Tensor& contributions,
                        const std::vector<std::vector<int64_t>>& rankings, const std::vector<std::vector<int64_t>>& chance) {
  TruthScores scores;
  const std::vector<std::string>& attributes = c.run.images->attribute_names();
  if (attributes.empty()) return scores;
  const std::vector<std::string>& names = seed.bottleneck.concepts;
  std::vector<std::set<std::string>> visible;
  for (const int64_t row : shared.test) {
    auto& of = visible.emplace_back();
    for (const int64_t a : c.run.images->attributes(shared.set_rows[static_cast<size_t>(row)])) of.insert(attributes[static_cast<size_t>(a)]);
  }
  const Tensor clusters = take_rows(seed.clusters, shared.test);
  const auto relevant = relevant_attributes(visible, clusters.data<int64_t>(), seed.centers.dim(0), attributes);

  double ours = 0, random = 0, judged = 0, without = 0;
  for (size_t i = 0; i < relevant.size(); i++) {
    if (relevant[i].empty()) { without++; continue; }
    ours += precision(rankings[i], names, relevant[i]), random += precision(chance[i], names, relevant[i]), judged++;
  }
  double image = 0, random_image = 0, pictures = 0;
  const int64_t k = contributions.dim(1);
  std::vector<int64_t> order(static_cast<size_t>(k));
  for (size_t i = 0; i < visible.size(); i++) {
    if (visible[i].empty()) continue;
    const float* row = contributions.data<float>() + static_cast<int64_t>(i) * k;
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, [&](int64_t a, int64_t b) { return row[a] > row[b]; });
    image += precision(order, names, visible[i]), pictures++;
    random_image += precision(chance[static_cast<size_t>(clusters.data<int64_t>()[i])], names, visible[i]);
  }
  const auto share = [](double sum, double of) { return of > 0 ? sum / of : 0; };
  scores.precision = Json::object().set("cluster", share(ours, judged)).set("image", share(image, pictures)).set("clusters_without_truth", without);
  scores.random_precision = Json::object().set("cluster", share(random, judged)).set("image", share(random_image, pictures));

  const std::set<std::string> drawn(attributes.begin(), attributes.end()), kept(names.begin(), names.end());
  double dropped = 0, distractors = 0, kept_attributes = 0, given = 0;
  for (const std::string& name : c.run.concepts.concepts) {
    if (drawn.count(name)) given++, kept_attributes += static_cast<double>(kept.count(name));
    else distractors++, dropped += kept.count(name) ? 0 : 1;
  }
  scores.filters = Json::object();
  if (distractors > 0) scores.filters.set("distractors_dropped", dropped / distractors);
  if (given > 0) scores.filters.set("attributes_kept", kept_attributes / given);
  return scores;
}

}  // namespace ceir
