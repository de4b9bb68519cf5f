// Clusters of the latents, and their scores beside the controls.
#include <algorithm>
#include <filesystem>

#include "models/embed.h"
#include "models/metrics.h"
#include "models/pca.h"
#include "models/pipeline/pixels.h"
#include "models/pipeline/run.h"
#include "tensor/io/file.h"
#include "tensor/io/npy.h"

namespace ceir {
namespace {

Tensor labels_tensor(const std::vector<int64_t>& labels) { return Tensor::from(labels, {static_cast<int64_t>(labels.size())}); }

std::string csv_field(const std::string& s) {
  if (s.find_first_of(",\"\n\r") == std::string::npos) return s;
  std::string quoted = "\"";
  for (const char c : s) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string clusters_csv(const SharedStages& shared, const SeedStages& seed) {
  const bool labels = !shared.rows.labels.empty(), split = shared.rows.has_split();
  std::string csv = split ? "path,split,cluster,distance,margin" : "path,cluster,distance,margin";
  csv += labels ? ",label\n" : "\n";
  const int64_t* cluster = seed.clusters.data<int64_t>();
  const float *distance = seed.distances.data<float>(), *margin = seed.margins.data<float>();
  for (int64_t i = 0; i < shared.rows.size(); i++) {
    const auto u = static_cast<size_t>(i);
    csv += csv_field(shared.rows.paths[u]);
    if (split) csv += shared.rows.splits[u] == Split::train ? ",train" : ",test";
    csv += fmt::format(",{},{},{}", cluster[i], distance[i], margin[i]);
    if (labels) csv += "," + (shared.rows.labels[u] >= 0 ? csv_field(shared.rows.classes[static_cast<size_t>(shared.rows.labels[u])]) : "");
    csv += "\n";
  }
  return csv;
}

Json json_of(const Scores& s) { return Json::object().set("acc", s.acc).set("nmi", s.nmi).set("ari", s.ari).set("purity", s.purity); }

}  // namespace

KMeansOptions kmeans_options(const StageContext& c, const SharedStages& shared, uint64_t seed) {
  KMeansOptions o = c.run.plan.settings.kmeans;
  o.seed = seed;
  o.clusters = c.run.plan.clusters > 0 ? c.run.plan.clusters : std::max<int64_t>(c.run.classes, 2);
  o.clusters = std::min(o.clusters, static_cast<int64_t>(shared.test.size()));
  return o;
}

void cluster_seed(StageContext& c, const SharedStages& shared, SeedStages& seed, int64_t clusters) {
  KMeansOptions options = kmeans_options(c, shared, seed.seed);
  options.clusters = clusters;
  const std::string stage = "cluster-" + std::to_string(seed.seed), centers = seed.folder + "centers.npy", csv = seed.folder + "clusters.csv";
  seed.clusters_key = make_key({"cluster", seed.clusters_key, fmt::format("{} {} {} {}", clusters, options.restarts, options.max_iterations, options.tolerance)});
  const bool fresh = c.workspace.fresh(stage, seed.clusters_key);
  seed.centers = fresh ? read_npy_matrix(c.workspace.path(centers), DType::f32)
                       : kmeans(take_rows(seed.latents, shared.test), options, c.monitor).centers;
  // Every row, the test rows too, by the nearest centre: what `cluster --apply` gives, and what kmeans ends with.
  const Assignment all = assign_to_centers(seed.latents, seed.centers);
  seed.clusters = all.labels;
  seed.distances = all.distances;
  seed.margins = all.margins;
  if (fresh) return;
  write_npy(c.workspace.path(centers), seed.centers);
  write_file(c.workspace.path(csv), clusters_csv(shared, seed));
  c.workspace.done(stage, seed.clusters_key, {centers, csv});
}

void score_seed(StageContext& c, const SharedStages& shared, SeedStages& seed) {
  if (shared.test_labels.empty() || *std::ranges::min_element(shared.test_labels) < 0) return;
  const std::string stage = "scores-" + std::to_string(seed.seed), file = seed.folder + "scores.json";
  const std::string key = make_key({stage, seed.clusters_key, shared.features_key, std::to_string(c.run.plan.settings.pca)});
  if (!c.workspace.fresh(stage, key)) {
    const Tensor truth = labels_tensor(shared.test_labels);
    const int64_t clusters = seed.centers.dim(0);
    int64_t done = 0;
    const auto control = [&](const Tensor& x) {
      KMeansOptions options = kmeans_options(c, shared, seed.seed);
      options.clusters = clusters;
      const Scores s = score_clusters(kmeans(x, options).labels, truth);
      report(c.monitor, "controls", ++done, seed.vae.present_above() ? 7 : 6, "clusterings");
      return json_of(s);
    };
    const auto test = [&](const Tensor& x) { return take_rows(x, shared.test); };
    const Tensor concepts = test(seed.concept_vectors), clip = test(shared.features);
    Tensor normalized = clip.clone();
    normalize_rows(normalized);
    Json scores = Json::object();
    scores.set("ceir", json_of(score_clusters(test(seed.clusters), truth)));
    scores.set("pixels", control(pixel_features(*c.run.images, shared, c.run.plan.exif, c.workspace, c.monitor)));
    scores.set("clip", control(clip));
    scores.set("clip_normalized", control(normalized));
    scores.set("concepts", control(concepts));
    const int64_t components = std::min({c.run.plan.settings.pca, concepts.dim(1), static_cast<int64_t>(shared.train.size())});
    scores.set("pca", control(pca_scores(fit_pca(take_rows(seed.concept_vectors, shared.train), components), concepts)));
    if (seed.vae.present_above()) scores.set("presence", control(seed.vae.presence(concepts).to(DType::f32).contiguous()));
    scores.set("decoded", control(seed.vae.decode(test(seed.latents).to(seed.vae.precision())).to(DType::f32).contiguous()));
    write_file(c.workspace.path(file), scores.dump(1) + "\n");
    c.workspace.done(stage, key, {file});
  }
  seed.scores = Json::read(c.workspace.path(file));
}

}  // namespace ceir
