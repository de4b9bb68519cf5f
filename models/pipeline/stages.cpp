// Stages from pictures to latents: embedding, teacher, filters, bottleneck, VAE.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <set>

#include "models/embed.h"
#include "models/pipeline/faithful.h"
#include "models/pipeline/run.h"
#include "tensor/io/file.h"
#include "tensor/io/npy.h"

namespace ceir {
namespace {

// Adds the time of its scope to the receipt's timings.
class Stopwatch {
 public:
  Stopwatch(StageContext& c, std::string stage) : c_(c), stage_(std::move(stage)) {}
  ~Stopwatch() { c_.seconds[stage_] += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count(); }

 private:
  StageContext& c_;
  std::string stage_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

void embed_into(StageContext& c, const Clip& clip, const std::string& stage, const std::string& file, const std::string& key, Rows& rows) {
  const std::string base = file.substr(0, file.size() - 4);
  if (c.workspace.fresh(stage, key)) {
    rows = read_rows(c.workspace.path(base));
    if (std::filesystem::exists(c.workspace.path(base + ".skipped.jsonl")))
      for (const auto& line : read_lines(c.workspace.path(base + ".skipped.jsonl"))) {
        const Json j = Json::parse(line, "skipped.jsonl");
        rows.skipped.push_back({j.get("path", "", "skipped"), j.get("reason", "", "skipped")});
      }
    return;
  }
  Checkpoint checkpoint = c.workspace.checkpoint(stage, key);
  EmbedOptions options;
  options.batch = c.run.plan.batch;
  options.exif = c.run.plan.exif;
  options.monitor = c.monitor;
  options.checkpoint = &checkpoint;
  const EmbedResult result = embed_images(clip, *c.run.images, options);
  std::vector<std::pair<int64_t, std::string>> skipped;
  for (const auto& s : result.skipped) skipped.emplace_back(s.row, s.reason);
  if (result.rows.size() < 4)
    bad_input("only {} of the {} pictures could be read; the first problem: {}", result.rows.size(), c.run.images->size(),
              skipped.empty() ? "none" : c.run.images->path(skipped[0].first) + ": " + skipped[0].second);
  rows = rows_of(*c.run.images, result.rows, skipped);
  write_npy(c.workspace.path(file), result.features);
  write_rows(c.workspace.path(base), rows);
  write_npy(c.workspace.path("work/" + base + ".rows.npy"), Tensor::from(result.rows, {static_cast<int64_t>(result.rows.size())}));
  std::vector<std::string> files{file};
  for (const char* suffix : {".paths.txt", ".labels.npy", ".classes.txt", ".splits.txt", ".skipped.jsonl"})
    if (std::filesystem::exists(c.workspace.path(base + suffix))) files.push_back(base + suffix);
  c.workspace.done(stage, key, files);
  checkpoint.remove();
}

// Row numbers in the image set of the rows kept: by their paths' order, since skipping never reorders.
std::vector<int64_t> rows_in_set(const ImageSet& set, const Rows& rows) {
  std::vector<int64_t> in_set;
  int64_t i = 0;
  for (const std::string& path : rows.paths) {
    while (i < set.size() && set.path(i) != path) i++;
    if (i == set.size()) fail(ErrorKind::internal, "row {} is not in {}", path, set.name());
    in_set.push_back(i++);
  }
  return in_set;
}

// A run goes on with what looks most like being there when next to nothing passes: a weak teacher (the built-in one on
// photographs, say) would otherwise end every run. The rule's name then says so.
std::string keep_enough(const std::string& rule, FilterResult& filter, const std::vector<std::string>& concepts) {
  if (filter.kept.size() >= 2 || filter.dropped.empty()) return rule;
  constexpr size_t enough = 16;
  std::vector<DroppedConcept> best = filter.dropped;
  std::ranges::stable_sort(best, [](const DroppedConcept& a, const DroppedConcept& b) { return a.value > b.value; });
  best.resize(std::min(best.size(), enough - filter.kept.size()));
  std::set<std::string> back;
  for (const DroppedConcept& d : best) back.insert(d.concept_name);
  std::erase_if(filter.dropped, [&](const DroppedConcept& d) { return back.count(d.concept_name) > 0; });
  for (size_t k = 0; k < concepts.size(); k++)
    if (back.count(concepts[k])) filter.kept.push_back(static_cast<int64_t>(k));
  std::ranges::sort(filter.kept);
  return fmt::format("{} (too few passed: best {} kept)", rule, filter.kept.size());
}

Json json_of(const FilterResult& filter, const std::string& rule, const std::vector<std::string>& concepts) {
  Json kept = Json::array(), dropped = Json::array();
  for (const int64_t k : filter.kept) kept.push(concepts[static_cast<size_t>(k)]);
  for (const DroppedConcept& d : filter.dropped)
    dropped.push(Json::object().set("concept", d.concept_name).set("step", d.step).set("value", d.value).set("threshold", d.threshold));
  return Json::object().set("rule", rule).set("initial", static_cast<int64_t>(concepts.size())).set("kept", kept).set("dropped", dropped);
}

FilterResult filter_concepts(StageContext& c, const SharedStages& s, const std::function<Tensor()>& teacher_features) {
  const Settings& settings = c.run.plan.settings;
  const auto& concepts = c.run.concepts.concepts;
  if (settings.filter_rule == "top5") return filter_by_top5(take_rows(s.teacher, s.train), concepts, settings.filter_cutoff);
  if (settings.filter_rule == "nonsense") {
    const auto embedded = [&](const std::vector<std::string>& texts) { return embed_texts(c.run.teacher_clip(), texts, c.run.plan.batch, c.monitor); };
    return filter_by_nonsense(take_rows(teacher_features(), s.train), embedded(said_twice(concepts)), embedded(said_twice(nonsense_like(concepts))), concepts, settings.filter_quantile);
  }
  FilterResult all;
  for (size_t k = 0; k < concepts.size(); k++) all.kept.push_back(static_cast<int64_t>(k));
  return all;
}

}  // namespace

SharedStages embed_and_filter(StageContext& c) {
  SharedStages s;
  const RunPlan& plan = c.run.plan;
  std::filesystem::create_directories(c.workspace.path("work"));
  const auto embed_key = [&](const Clip& clip) {
    return make_key({"embed", environment_key(), clip.content_hash(), c.run.images->content_key(), plan.image_options.split,
                     plan.image_options.labels, plan.exif ? "exif" : "raw"});
  };
  s.features_key = embed_key(*c.run.student);
  std::string teacher_features = "features.npy", teacher_key = s.features_key;
  {
    const Stopwatch watch(c, "embed");
    embed_into(c, *c.run.student, "embed", "features.npy", s.features_key, s.rows);
    if (c.run.teacher) {
      teacher_features = "teacher_features.npy";
      teacher_key = embed_key(*c.run.teacher);
      Rows same;
      embed_into(c, *c.run.teacher, "embed_teacher", teacher_features, teacher_key, same);
      if (same.paths != s.rows.paths) bad_input("the pictures changed while they were read; run the command again");
    }
  }
  s.set_rows = rows_in_set(*c.run.images, s.rows);
  s.features = read_npy_matrix(c.workspace.path("features.npy"), DType::f32);
  s.train = s.rows.training_rows();
  s.test = s.rows.test_rows();
  if (!s.rows.labels.empty()) s.test_labels = take(s.rows.labels, s.test);

  const Stopwatch watch(c, "teacher");
  std::string list;
  for (const auto& name : c.run.concepts.concepts) list += name + "\n";
  const std::string cosines_key = make_key({"teacher", teacher_key, list});
  const Settings& settings = plan.settings;
  s.filter_key = make_key({"filter 4", cosines_key, s.features_key, settings.filter_rule, fmt::format("{} {}", settings.filter_quantile, settings.filter_cutoff)});
  Tensor teacher_images;
  const auto images = [&] {
    if (!teacher_images.defined()) teacher_images = read_npy_matrix(c.workspace.path(teacher_features), DType::f32);
    return teacher_images;
  };
  if (!c.workspace.fresh("teacher", cosines_key)) {
    const Tensor texts = embed_texts(c.run.teacher_clip(), c.run.concepts.concepts, plan.batch, c.monitor);
    write_npy(c.workspace.path("teacher.npy"), cosine_matrix(images(), texts));
    c.workspace.done("teacher", cosines_key, {"teacher.npy"});
  }
  s.teacher = read_npy_matrix(c.workspace.path("teacher.npy"), DType::f32);
  s.filter = filter_concepts(c, s, images);
  s.filter_rule = keep_enough(settings.filter_rule, s.filter, c.run.concepts.concepts);
  write_file(c.workspace.path("concepts.json"), json_of(s.filter, s.filter_rule, c.run.concepts.concepts).dump(1) + "\n");
  c.workspace.done("filter", s.filter_key, {"concepts.json"});
  return s;
}

void train_seed(StageContext& c, const SharedStages& shared, SeedStages& seed) {
  const RunPlan& plan = c.run.plan;
  const std::string stage = std::to_string(seed.seed);
  const auto file = [&](const char* name) { return seed.folder + name; };
  const BottleneckOptions& b = plan.settings.bottleneck;
  seed.vectors_key = make_key({"cbm", shared.filter_key, stage, fmt::format("{} {} {} {} {}", b.steps, b.train_batch, b.check_every, b.lr, b.cutoff)});
  if (!c.workspace.fresh("cbm-" + stage, seed.vectors_key)) {
    const Stopwatch watch(c, "cbm");
    BottleneckOptions options = b;
    options.seed = seed.seed;
    Checkpoint checkpoint = c.workspace.checkpoint("cbm-" + stage, seed.vectors_key);
    const auto names = select(c.run.concepts.concepts, shared.filter.kept);
    const Tensor teacher = select_columns(shared.teacher, shared.filter.kept);
    const auto n = static_cast<int64_t>(shared.train.size());
    std::vector<int64_t> held_out = validation_rows(n, 42), fit = other_rows(n, held_out);
    if (fit.size() < 2 || held_out.size() < 2) held_out = fit = other_rows(n, {});  // a handful of pictures: none to spare
    const auto rows = [&](const std::vector<int64_t>& of) { return take(shared.train, of); };
    Bottleneck trained = train_bottleneck(take_rows(shared.features, rows(fit)), take_rows(teacher, rows(fit)), take_rows(shared.features, rows(held_out)),
                                          take_rows(teacher, rows(held_out)), names, options, c.monitor, &checkpoint);
    trained.dropped.insert(trained.dropped.begin(), shared.filter.dropped.begin(), shared.filter.dropped.end());
    save_bottleneck(c.workspace.path(file("bottleneck.safetensors")), trained);
    write_npy(c.workspace.path(file("concept_vectors.npy")), project(trained, shared.features));
    c.workspace.done("cbm-" + stage, seed.vectors_key, {file("bottleneck.safetensors"), file("concept_vectors.npy")});
    checkpoint.remove();
  }
  seed.bottleneck = load_bottleneck(c.workspace.path(file("bottleneck.safetensors")));
  seed.concept_vectors = read_npy_matrix(c.workspace.path(file("concept_vectors.npy")), DType::f32);

  Json vae_settings = Json::object();
  Settings copy = plan.settings;
  copy.visit([&](const char* name, auto& field) {
    if (std::string_view(name).starts_with("vae.")) vae_settings.set(name, field);
  });
  seed.clusters_key = make_key({"vae", seed.vectors_key, stage, name_of(plan.protocol), vae_settings.dump()});
  if (!c.workspace.fresh("vae-" + stage, seed.clusters_key)) {
    const Stopwatch watch(c, "vae");
    const bool faithful = plan.protocol == Protocol::faithful;
    VaeOptions options = plan.settings.vae;
    options.seed = seed.seed;
    Checkpoint checkpoint = c.workspace.checkpoint("vae-" + stage, seed.clusters_key);
    // Quirk 3 of the authors' code: the VAE sees the test split too.
    const Tensor train = faithful ? seed.concept_vectors : take_rows(seed.concept_vectors, shared.train);
    EpochObserver observer;
    std::unique_ptr<FaithfulScores> scores;  // quirks 1, 2 and 4
    if (faithful) {
      scores = std::make_unique<FaithfulScores>(c.workspace.path("work/faithful-" + stage + ".json"), seed.clusters_key,
                                                take_rows(seed.concept_vectors, shared.test), shared.test_labels,
                                                kmeans_options(c, shared, seed.seed), options);
      observer = [&](int64_t epoch, Vae& vae) { scores->observe(epoch, vae); };
    }
    TrainedVae trained = train_vae(train, options, c.monitor, &checkpoint, observer);
    trained.vae.save(c.workspace.path(file("vae.safetensors")));
    // Quirk 1: the authors cluster sampled codes.
    write_npy(c.workspace.path(file("latents.npy")), (faithful ? trained.vae.sample(seed.concept_vectors, seed.seed) : trained.vae.latents(seed.concept_vectors)).to(DType::f32));
    std::vector<std::string> files{file("vae.safetensors"), file("latents.npy")};
    if (faithful) {
      write_file(c.workspace.path(file("faithful_epochs.json")), scores->json().dump(1) + "\n");
      files.push_back(file("faithful_epochs.json"));
    }
    c.workspace.done("vae-" + stage, seed.clusters_key, files);
    checkpoint.remove();
  }
  seed.vae = Vae::load(c.workspace.path(file("vae.safetensors")), plan.settings.vae.precision);
  seed.latents = read_npy_matrix(c.workspace.path(file("latents.npy")), DType::f32);
}

}  // namespace ceir
