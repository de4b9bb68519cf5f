// Explanations and labels of a run: of its clusters, and of its test pictures.
#include <algorithm>
#include <cmath>

#include "models/explanations.h"
#include "models/labels.h"
#include "models/pipeline/explain_json.h"
#include "models/pipeline/run.h"
#include "tensor/io/file.h"
#include "tensor/io/npy.h"

namespace ceir {

Json json_of(const ExplainedConcept& e, const std::vector<std::string>& names) {
  return Json::object()
      .set("concept", names[static_cast<size_t>(e.index)])
      .set("contribution", e.contribution)
      .set("margin", e.margin)
      .set("mean", e.mean)
      .set("lift", std::isfinite(e.lift) ? Json(e.lift) : Json());
}

Json cluster_json(const Explanation& e, const std::vector<std::string>& names) {
  Json concepts = Json::array();
  for (const auto& item : e.concepts) concepts.push(json_of(item, names));
  return Json::object().set("cluster", e.group).set("size", e.size).set("concepts", concepts);
}

Json image_json(const std::string& path, int64_t cluster, const float* contribution, const float* x, const std::vector<std::string>& names,
                int64_t most) {
  std::vector<int64_t> order(names.size());
  for (size_t i = 0; i < order.size(); i++) order[i] = static_cast<int64_t>(i);
  std::ranges::stable_sort(order, [&](int64_t a, int64_t b) { return contribution[a] > contribution[b]; });
  Json concepts = Json::array();
  const auto k = static_cast<int64_t>(order.size());
  const int64_t head = most <= 0 || most >= k ? k : most - most / 4, tail = most <= 0 || most >= k ? 0 : most / 4;
  for (int64_t r = 0; r < k; r++) {
    if (r >= head && r < k - tail) continue;
    const int64_t i = order[static_cast<size_t>(r)];
    concepts.push(Json::object().set("concept", names[static_cast<size_t>(i)]).set("contribution", contribution[i]).set("value", x[i]));
  }
  return Json::object().set("path", path).set("cluster", cluster).set("concepts", concepts);
}

Json label_json(const std::vector<CountedLabel>& counted, int64_t most) {
  Json list = Json::array();
  for (size_t i = 0; i < counted.size() && static_cast<int64_t>(i) < most; i++)
    list.push(Json::object().set("label", counted[i].name).set("count", counted[i].count).set("share", counted[i].share).set("lift", counted[i].lift));
  return list;
}

void explain_seed(StageContext& c, const SharedStages& shared, SeedStages& seed) {
  const Settings& settings = c.run.plan.settings;
  const std::string stage = "explain-" + std::to_string(seed.seed);
  const auto file = [&](const char* name) { return seed.folder + name; };
  const std::string key = make_key({stage, "scores 4", seed.clusters_key, settings.explain_method, fmt::format("{}", settings.label_threshold)});
  if (!c.workspace.fresh(stage, key)) {
    const auto& names = seed.bottleneck.concepts;
    const Ranking ranking(explanation_method_from(settings.explain_method), ConceptScale(take_rows(seed.concept_vectors, shared.train)));
    const Tensor x = take_rows(seed.concept_vectors, shared.test), clusters = take_rows(seed.clusters, shared.test);
    report(c.monitor, "explain", 0, 3, "steps");
    const Explanations e = explain(seed.vae, x, seed.centers, clusters, ranking, false);
    report(c.monitor, "explain", 1, 3, "steps");
    const Tensor contributions = image_contributions(seed.vae, x, seed.centers, clusters, ranking).to(DType::f32).contiguous();
    const int64_t k = x.dim(1), n = x.dim(0), count = seed.centers.dim(0);
    Json cluster_list = Json::array(), image_list = Json::array();
    for (const Explanation& one : e.clusters) cluster_list.push(cluster_json(one, names));
    for (int64_t i = 0; i < n; i++)
      image_list.push(image_json(shared.rows.paths[static_cast<size_t>(shared.test[static_cast<size_t>(i)])], clusters.data<int64_t>()[i],
                                 contributions.data<float>() + i * k, x.data<float>() + i * k, names, 8));
    write_file(c.workspace.path(file("explanations.json")),
               Json::object().set("method", e.method).set("baseline", "mean").set("completeness_error", e.completeness_error)
                       .set("clusters", cluster_list).set("images", image_list).dump() + "\n");
    write_npy(c.workspace.path(file("contributions.npy")), contributions);
    report(c.monitor, "explain", 2, 3, "steps");

    const Tensor decisive = label_contributions(seed.vae, x, seed.centers, clusters, ranking.method, contributions);
    const auto counted = count_cluster_labels(decisive, x, names, clusters, count, settings.label_threshold);
    const auto cluster_labels = cluster_names(counted);
    Json labels = Json::array(), pictures = Json::array();
    for (int64_t i = 0; i < count; i++)
      labels.push(Json::object().set("cluster", i).set("name", cluster_labels[static_cast<size_t>(i)]).set("labels", label_json(counted[static_cast<size_t>(i)], 12)));
    for (int64_t i = 0; i < n; i++) {
      Json words = Json::array();
      for (const auto& w : image_labels(decisive.rows(i, i + 1).reshaped({k}), x.rows(i, i + 1).reshaped({k}), names, 5, settings.label_threshold)) words.push(w);
      pictures.push(Json::object().set("path", shared.rows.paths[static_cast<size_t>(shared.test[static_cast<size_t>(i)])]).set("labels", words));
    }
    write_file(c.workspace.path(file("labels.json")),
               Json::object().set("threshold", settings.label_threshold).set("clusters", labels)
                       .set("all", label_json(count_labels(decisive, x, names, settings.label_threshold), 50)).set("images", pictures).dump() + "\n");
    write_file(c.workspace.path(file("explanation_scores.json")), score_explanations(c, shared, seed, ranking, e, contributions).dump(1) + "\n");
    c.workspace.done(stage, key, {file("explanations.json"), file("contributions.npy"), file("labels.json"), file("explanation_scores.json")});
    report(c.monitor, "explain", 3, 3, "steps");
  }
  seed.explanation_scores = Json::read(c.workspace.path(file("explanation_scores.json")));
}

}  // namespace ceir
