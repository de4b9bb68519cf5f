// metrics.json: every figure with its seeds, mean and spread.
#include <cmath>
#include <filesystem>

#include "kernels/base/interrupt.h"
#include "models/explanations.h"
#include "models/pipeline/explain_json.h"
#include "models/pipeline/run.h"
#include "models/pipeline/side_by_side.h"

namespace ceir {

Json spread(const std::vector<double>& values) {
  double mean = 0, squares = 0;
  for (const double v : values) mean += v / static_cast<double>(values.size());
  for (const double v : values) squares += (v - mean) * (v - mean);
  const double std = values.size() > 1 ? std::sqrt(squares / static_cast<double>(values.size() - 1)) : 0;
  Json list = Json::array();
  for (const double v : values) list.push(v);
  return Json::object().set("mean", mean).set("std", std).set("values", list);
}

namespace {

Json spread_of(const std::vector<SeedStages>& seeds, const char* name) {
  Json all = Json::object();
  for (const char* figure : {"acc", "nmi", "ari", "purity"}) {
    std::vector<double> values;
    for (const SeedStages& s : seeds) values.push_back(s.scores.at(name, "scores").get(figure, 0.0, name));
    all.set(figure, spread(values));
  }
  return all;
}

// The mean over seeds of every number in equal JSON objects, nested ones too; arrays element by element.
Json mean_of(const std::vector<const Json*>& all) {
  const Json& first = *all[0];
  if (first.is_object()) {
    Json mean = Json::object();
    for (const auto& [name, value] : first.as_object("scores")) {
      std::vector<const Json*> inner;
      for (const Json* j : all)
        if (const Json* found = j->find(name)) inner.push_back(found);
      if (inner.size() == all.size()) mean.set(name, mean_of(inner));
    }
    return mean;
  }
  if (first.is_array()) {
    Json mean = Json::array();
    for (size_t i = 0; i < first.as_array("scores").size(); i++) {
      std::vector<const Json*> inner;
      for (const Json* j : all) inner.push_back(&j->as_array("scores")[i]);
      mean.push(mean_of(inner));
    }
    return mean;
  }
  double sum = 0;
  for (const Json* j : all) {
    if (!j->is_number()) return first;
    sum += j->as_double("scores");
  }
  return sum / static_cast<double>(all.size());
}

}  // namespace

Json score_explanations(const StageContext& c, const SharedStages& shared, const SeedStages& seed, const Ranking& ranking,
                        const Explanations& e, const Tensor& contributions) {
  const Tensor x = take_rows(seed.concept_vectors, shared.test), clusters = take_rows(seed.clusters, shared.test);
  const int64_t most = std::min<int64_t>(8, x.dim(1));
  const Tensor visible = visible_in_test(c, shared);
  const auto random_order = random_rankings(seed.centers.dim(0), x.dim(1), seed.seed);
  const InfluenceCurves chance = influence_curves(seed.vae, x, seed.centers, clusters, random_order, most);
  const auto curve = [](const std::vector<double>& v) {
    Json list = Json::array();
    for (const double d : v) list.push(d);
    return list;
  };
  const auto influence = [&](Json& scores, const InfluenceCurves& curves) {
    scores.set("deletion_top8_kept", curves.deletion.back()).set("insertion_top8_reached", curves.insertion.back());
    scores.set("deletion_curve", curve(curves.deletion)).set("insertion_curve", curve(curves.insertion));
  };
  Json random = Json::object(), scores = Json::object(), methods = Json::object();
  influence(random, chance);
  scores.set("completeness_error", e.completeness_error).set("method", name_of(ranking.method));
  for (const ExplanationMethod one : {ExplanationMethod::clear, ExplanationMethod::mean, ExplanationMethod::ig, ExplanationMethod::margin, ExplanationMethod::faithful}) {
    throw_if_interrupted();
    const auto rankings = rankings_of(one == ranking.method ? e.clusters : explain(seed.vae, x, seed.centers, clusters, {one, ranking.scale}, false).clusters);
    const Tensor of_images = one == ranking.method ? contributions : image_contributions(seed.vae, x, seed.centers, clusters, {one, ranking.scale}).to(DType::f32).contiguous();
    const TruthScores truth = score_truth(c, seed, visible, clusters, of_images, rankings, random_order);
    Json ours = Json::object();
    if (!truth.precision.is_null()) ours.set("precision_at_5", truth.precision);
    influence(ours, influence_curves(seed.vae, x, seed.centers, clusters, rankings, most));
    methods.set(name_of(one), ours);
    if (one != ranking.method) continue;
    if (!truth.precision.is_null()) scores.set("truth", truth.filters), random.set("precision_at_5", truth.random_precision);
    for (const auto& [name, value] : ours.as_object("scores")) scores.set(name, value);
  }
  return scores.set("random", random).set("methods", methods);
}

Json collect_metrics(const StageContext& c, const SharedStages& shared, const std::vector<SeedStages>& seeds) {
  const RunPlan& plan = c.run.plan;
  Json m = Json::object();
  m.set("n", static_cast<int64_t>(shared.test.size())).set("clusters", seeds[0].centers.dim(0)).set("protocol", name_of(plan.protocol));
  m.set("split", shared.rows.has_split() ? Json("train/test") : Json("none"));
  m.set("train", static_cast<int64_t>(shared.train.size()));
  Json list = Json::array();
  for (const SeedStages& s : seeds) list.push(static_cast<int64_t>(s.seed));
  m.set("seeds", list);
  if (!seeds[0].scores.is_null()) {
    m.set("ceir", spread_of(seeds, "ceir"));
    Json controls = Json::object();
    for (const auto& [name, scores] : seeds[0].scores.as_object("scores"))
      if (name != "ceir") controls.set(name, spread_of(seeds, name.c_str()));
    m.set("controls", controls);
  }
  if (plan.protocol == Protocol::faithful) {
    Json best = Json::array();
    for (const SeedStages& s : seeds)
      if (const Json epochs = Json::read(c.workspace.path(s.folder + "faithful_epochs.json")); epochs.has("best_on_test"))
        best.push(epochs.at("best_on_test", "faithful_epochs.json"));
    if (!best.as_array("best").empty()) m.set("best_epoch_on_test", best);  // picked on test labels: shown for what it is
  }
  Json dropped = Json::array();
  for (const DroppedConcept& d : seeds[0].bottleneck.dropped)
    dropped.push(Json::object().set("concept", d.concept_name).set("step", d.step).set("value", d.value).set("threshold", d.threshold));
  m.set("concepts", Json::object().set("rule", shared.filter_rule).set("initial", static_cast<int64_t>(c.run.concepts.concepts.size()))
                        .set("kept", static_cast<int64_t>(seeds[0].bottleneck.concepts.size())).set("dropped", dropped));
  std::vector<const Json*> explanations;
  for (const SeedStages& s : seeds) explanations.push_back(&s.explanation_scores);
  Json mean = mean_of(explanations);
  if (const Json* truth = mean.find("truth")) m.set("truth", *truth);
  Json scores = Json::object();
  for (const auto& [name, value] : mean.as_object("explanations"))
    if (name != "truth") scores.set(name, value);
  m.set("explanations", scores);
  return m;
}

}  // namespace ceir
