#include "models/pipeline/run.h"

#include <filesystem>

#include "kernels/base/interrupt.h"
#include "models/choose_k.h"
#include "models/pipeline/report.h"
#include "tensor/io/file.h"
#include "tensor/io/npy.h"
#include "tensor/io/sha256.h"

namespace ceir {
namespace fs = std::filesystem;
namespace {

// A complete run of the same plan whose files are all as its receipt says.
bool complete(const std::string& folder, const std::string& key) {
  try {
    if (!fs::exists(folder + "/run.json")) return false;
    const Json receipt = Json::read(folder + "/run.json");
    if (receipt.get("key", "", "run.json") != key) return false;
    for (const auto& [file, hash] : receipt.at("files", "run.json").as_object("files"))
      if (!fs::is_regular_file(folder + "/" + file) || sha256_of_file(folder + "/" + file) != hash.as_string(file)) return false;
    return true;
  } catch (const Error&) {
    return false;
  }
}

int64_t cluster_count(StageContext& c, const SharedStages& shared, const SeedStages& first) {
  if (c.run.plan.clusters > 0) return c.run.plan.clusters;
  if (c.run.plan.clusters == 0 && c.run.classes > 0) return std::min<int64_t>(c.run.classes, static_cast<int64_t>(shared.test.size()));
  const std::string key = make_key({"auto", first.vectors_key, std::to_string(c.run.plan.settings.most_clusters)});
  const std::string file = "clusters_tried.json";
  if (!c.workspace.fresh("auto", key)) {
    ChooseKOptions options;
    options.most = c.run.plan.settings.most_clusters;
    options.seed = first.seed;
    const ChosenClusters chosen = choose_clusters(take_rows(first.latents, shared.test), options, c.monitor);
    Json tried = Json::array();
    for (const TriedClusters& t : chosen.tried)
      tried.push(Json::object().set("k", t.k).set("silhouette", t.silhouette).set("stability", t.stability).set("inertia", t.inertia));
    write_file(c.workspace.path(file), Json::object().set("clusters", chosen.clusters).set("tried", tried).dump(1) + "\n");
    c.workspace.done("auto", key, {file});
  }
  return Json::read(c.workspace.path(file)).at("clusters", file).as_int(file);
}

void write_truth(StageContext& c, const SharedStages& shared) {
  const ImageSet& set = *c.run.images;
  if (set.attribute_names().empty()) return;
  const std::string key = make_key({"truth", shared.features_key});
  if (c.workspace.fresh("truth", key)) return;
  std::string text;
  for (int64_t i = 0; i < shared.rows.size(); i++) {
    const int64_t row = shared.set_rows[static_cast<size_t>(i)];
    Json attributes = Json::array();
    for (const int64_t a : set.attributes(row)) attributes.push(set.attribute_names()[static_cast<size_t>(a)]);
    Json line = Json::object().set("path", set.path(row));
    if (!set.classes().empty()) line.set("class", set.classes()[static_cast<size_t>(set.label(row))]);
    text += line.set("attributes", attributes).dump() + "\n";
  }
  write_file(c.workspace.path("truth.jsonl"), text);
  std::string names;
  for (const auto& a : set.attribute_names()) names += a + "\n";
  write_file(c.workspace.path("attributes.txt"), names);
  c.workspace.done("truth", key, {"truth.jsonl", "attributes.txt"});
}

RunOutcome run_stages(PreparedRun& run, Workspace& workspace, Monitor* monitor) {
  StageContext c{run, workspace, monitor, {}};
  write_file(workspace.path("plan.json"), Json::object().set("key", run.key).dump());
  const SharedStages shared = embed_and_filter(c);
  write_truth(c, shared);
  std::vector<SeedStages> seeds;
  int64_t clusters = 0;
  for (const uint64_t s : run.plan.seeds) {
    SeedStages seed;
    seed.seed = s;
    seed.folder = seeds.empty() ? "" : fmt::format("seeds/{}/", s);
    fs::create_directories(workspace.path(seed.folder + "."));
    train_seed(c, shared, seed);
    if (seeds.empty()) clusters = cluster_count(c, shared, seed);
    cluster_seed(c, shared, seed, clusters);
    score_seed(c, shared, seed);
    explain_seed(c, shared, seed);
    seeds.push_back(std::move(seed));
    throw_if_interrupted();
  }
  RunOutcome outcome;
  outcome.metrics = collect_metrics(c, shared, seeds);
  write_file(workspace.path("metrics.json"), outcome.metrics.dump(1) + "\n");
  workspace.done("metrics", make_key({outcome.metrics.dump()}), {"metrics.json"});
  write_file(workspace.path("report.html"), make_report(workspace.partial(), run.images.get(), run.plan.exif, run.plan.settings.report_pictures));
  workspace.done("report", make_key({sha256_of_file(workspace.path("report.html"))}), {"report.html"});
  write_receipt(c, shared, clusters);
  outcome.images = shared.rows.size();
  outcome.skipped = static_cast<int64_t>(shared.rows.skipped.size());
  throw_if_interrupted();
  workspace.publish();
  return outcome;
}

}  // namespace

RunOutcome run_pipeline(PreparedRun& run, Monitor* monitor) {
  const std::string& folder = run.plan.out;
  if (!run.plan.force && complete(folder, run.key)) {
    RunOutcome outcome;
    outcome.folder = folder;
    outcome.metrics = Json::read(folder + "/metrics.json");
    const Rows rows = read_rows(folder + "/features");
    outcome.images = rows.size();
    outcome.skipped = fs::exists(folder + "/features.skipped.jsonl") ? static_cast<int64_t>(read_lines(folder + "/features.skipped.jsonl").size()) : 0;
    outcome.up_to_date = true;
    return outcome;
  }
  Workspace workspace(folder);
  try {
    RunOutcome outcome = run_stages(run, workspace, monitor);
    outcome.folder = folder;
    return outcome;
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::interrupted && e.kind() != ErrorKind::resource) workspace.discard();
    throw;
  }
}

}  // namespace ceir
