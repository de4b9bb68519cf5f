#include "models/pipeline/plan.h"

#include <chrono>
#include <ctime>
#include <filesystem>
#include <set>

#include "kernels/base/cpu.h"
#include "kernels/base/table.h"
#include "kernels/base/version.h"
#include "kernels/launch/compute.h"
#include "models/embed.h"
#include "tensor/io/sha256.h"

namespace ceir {
namespace fs = std::filesystem;

std::string make_key(std::initializer_list<std::string> parts) {
  Sha256 sha;
  for (const std::string& p : parts) sha.update(fmt::format("{}:", p.size())).update(p);
  return sha.hex();
}

std::string environment_key() {
  std::string key = std::string(version()) + ";" + cpu_features();
  if (const std::string device = chosen_device(); device != "cpu") key += ";" + device;
  for (const TableBase* t : all_tables())
    if (const std::string v = chosen_variant(t->op()); !v.empty()) key += fmt::format(";{}={}", t->op(), v);
  return key;
}

namespace {

std::string default_folder(const std::string& name, const std::string& key) {
  // An interrupted run of the same plan is taken up again, whatever its time says.
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("runs", error)) {
    const std::string path = entry.path().string();
    const fs::path plan = entry.path() / "plan.json";
    if (!path.ends_with(".partial") || !fs::exists(plan)) continue;
    try {
      if (Json::read(plan.string()).get("key", "", "plan.json") == key) return path.substr(0, path.size() - 8);
    } catch (const Error&) {
      continue;
    }
  }
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char time[32];
  std::strftime(time, sizeof time, "%Y%m%d-%H%M%S", &local);
  std::string clean;
  for (const char c : name) clean += (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.') ? c : '-';
  return fmt::format("runs/{}-{}", clean.empty() ? "run" : clean, time);
}

}  // namespace

PreparedRun prepare_run(RunPlan plan) {
  PreparedRun run;
  plan.settings.finish();
  if (plan.seeds.empty()) usage_error("--seeds: give at least one");
  if (std::set<uint64_t>(plan.seeds.begin(), plan.seeds.end()).size() != plan.seeds.size()) usage_error("--seeds: each seed may stand once");
  run.student = Clip::open(plan.model);
  if (!run.student->has_image()) bad_input("{} has no image tower; a run needs one", plan.model);
  if (!plan.teacher.empty()) run.teacher = Clip::open(plan.teacher);
  const Clip& teacher = run.teacher_clip();
  const std::string& teacher_name = plan.teacher.empty() ? plan.model : plan.teacher;
  if (!teacher.has_image() || !teacher.has_text())
    bad_input("{} cannot be the teacher: it has no {} tower; name a whole CLIP with --teacher", teacher_name, teacher.has_image() ? "text" : "image");
  teacher.tokenizer();
  run.images = open_images(plan.images, plan.image_options);
  const int64_t n = run.images->size();
  if (n < 4) bad_input("{}: {} pictures are too few for clusters; at least 4 are needed", plan.images, n);
  if (plan.concepts.empty()) plan.concepts = plan.model == "nano" ? "scenes" : "everyday";
  run.concepts = load_concepts(plan.concepts);
  run.classes = static_cast<int64_t>(run.images->classes().size());
  int64_t test = 0, train = 0;
  for (int64_t i = 0; i < n; i++) {
    test += run.images->split(i) == Split::test;
    train += run.images->split(i) == Split::train;
  }
  const int64_t clustered = train > 0 && test > 0 ? test : n;
  if (plan.clusters < -1) usage_error("--clusters {}: at least 1, or auto", plan.clusters);
  if (plan.clusters > clustered) usage_error("--clusters {}: there are only {} pictures to cluster", plan.clusters, clustered);
  std::string seeds, concepts;
  for (const uint64_t s : plan.seeds) seeds += std::to_string(s) + ",";
  for (const std::string& c : run.concepts.concepts) concepts += c + "\n";
  run.key = make_key({environment_key(), run.student->content_hash(), teacher.content_hash(), run.images->content_key(),
                      plan.image_options.split, plan.image_options.labels, plan.exif ? "exif" : "raw", concepts,
                      std::to_string(plan.clusters), name_of(plan.protocol), seeds, plan.settings.json().dump()});
  if (plan.out.empty()) plan.out = default_folder(run.images->name(), run.key);
  run.plan = std::move(plan);
  return run;
}

std::string describe_plan(const PreparedRun& run) {
  using Clock = std::chrono::steady_clock;
  const int64_t n = run.images->size(), sample = std::min<int64_t>(n, 32);
  EmbedOptions options;
  options.batch = run.plan.batch;
  for (int64_t i = 0; i < sample; i++) options.rows.push_back(i * (n / sample));
  const auto begin = Clock::now();
  embed_images(*run.student, *run.images, options);
  const double each = std::chrono::duration<double>(Clock::now() - begin).count() / static_cast<double>(sample);
  const double towers = run.teacher ? 2 : 1;
  return fmt::format(
      "cluster {} pictures of {} with {}{} and {} concepts from {}, {} protocol, {} seed{}, into {}\n"
      "  embedding alone takes about {:.0f} s at the {:.0f} pictures/s measured on {} of them now",
      n, run.plan.images, run.plan.model, run.teacher ? " (teacher " + run.plan.teacher + ")" : "", run.concepts.concepts.size(),
      run.concepts.name, name_of(run.plan.protocol), run.plan.seeds.size(), run.plan.seeds.size() == 1 ? "" : "s", run.plan.out,
      each * static_cast<double>(n) * towers, 1 / each, sample);
}

}  // namespace ceir
