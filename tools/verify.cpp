// ceir verify: replays a run's receipt and compares every file.
#include <filesystem>

#include "kernels/base/cpu.h"
#include "kernels/base/table.h"
#include "kernels/base/version.h"
#include "kernels/launch/compute.h"
#include "models/pipeline/compare.h"
#include "models/pipeline/run.h"
#include "models/pipeline/run_folder.h"
#include "tools/image_flags.h"

namespace ceir {
namespace {

struct Verify : Command {
  std::string folder;

  void define(Flags& f) override { f.positional("RUN", folder, "a finished run folder"); }

  int run(Context& c) override {
    const RunFolder run = RunFolder::open(folder);
    const std::string where = folder + "/run.json";
    const Json& r = run.receipt;
    RunPlan plan;
    const Json& images = r.at("images", where);
    plan.images = images.get("given", "", where);
    if (plan.images == "-") bad_input("{}: the run read its paths from stdin; it cannot be replayed", folder);
    plan.image_options.kind = images.get("dataset", "", where);
    plan.image_options.split = images.get("split", "all", where);
    plan.image_options.labels = images.get("labels", "fine", where);
    if (const Json* exif = images.find("exif")) plan.exif = exif->as_bool(where);
    plan.model = r.at("model", where).get("name", "nano", where);
    const std::string teacher = r.at("teacher", where).get("name", "", where);
    plan.teacher = teacher == plan.model ? "" : teacher;
    plan.concepts = r.at("concepts", where).get("given", "", where);
    plan.clusters = r.get("clusters_asked", int64_t{0}, where);
    plan.protocol = r.get("protocol", "sound", where) == "faithful" ? Protocol::faithful : Protocol::sound;
    plan.settings = run.settings;
    plan.seeds.clear();
    for (const Json& s : r.at("seeds", where).as_array(where)) plan.seeds.push_back(static_cast<uint64_t>(s.as_int(where)));
    plan.batch = c.globals().batch;
    const Json& machine = r.at("machine", where);
    if (c.globals().kernels.empty())
      if (const Json* kernels = machine.find("kernels"))
        for (const auto& [op, variant] : kernels->as_object(where)) choose_variant(op, variant.as_string(where));
    if (c.globals().device == "auto") choose_device(machine.get("device", "cpu", where));  // as it was made
    const bool same_machine = machine.get("features", "", where) == cpu_features() && r.get("ceir", "", where) == version();
    // Named by what is replayed, so that an interrupted replay goes on; hashed, since a receipt may say anything.
    plan.out = (std::filesystem::temp_directory_path() / ("ceir-verify-" + make_key({folder, r.get("key", "", where)}).substr(0, 16))).string();
    if (c.globals().dry_run) return dry_run(c, "replay " + folder + " and compare every file");
    PreparedRun prepared = prepare_run(std::move(plan));
    const auto changed = [&](const char* what, const std::string& before, const std::string& now) {
      if (before != now) bad_input("{}: the {} changed since the run was made, so it cannot be verified", folder, what);
    };
    changed("images", images.get("sha256", "", where), prepared.images->content_key());
    changed("model", r.at("model", where).get("sha256", "", where), prepared.student->content_hash());
    changed("teacher", r.at("teacher", where).get("sha256", "", where), prepared.teacher_clip().content_hash());
    const RunOutcome replay = run_pipeline(prepared, c.monitor());
    struct Removed {
      const std::string& path;
      ~Removed() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
      }
    } const removed{replay.folder};
    const Comparison result = compare_runs(folder, replay.folder, r.at("files", where));
    Json json = Json::object().set("run", folder).set("same_bytes", result.first_difference.empty()).set("files", result.files).set("same_machine", same_machine);
    if (result.first_difference.empty()) {
      c.result(fmt::format("{}: all {} files are the same bytes\n", folder, result.files), json);
      return 0;
    }
    json.set("first_difference", result.first_difference).set("largest_error", result.largest_error);
    const bool close = !same_machine && result.largest_error <= 1e-3;
    if (close) {
      c.result(fmt::format("{}: made on another machine or version; {} differs in bits, arrays agree within {:.1e} of their largest value\n", folder, result.first_difference, result.largest_error), json.set("within_tolerance", true));
      return 0;
    }
    c.result(fmt::format("{}: {} differs first\n", folder, result.first_difference), json.set("within_tolerance", false));
    bad_input("{}: {} is not what the receipt's command makes{}", folder, result.first_difference, same_machine ? "" : "; the machine or version is another one too");
  }
};

}  // namespace

extern const CommandEntry verify_command{"verify", "replay a run's receipt and compare every file", "ceir verify runs/photos", make_command<Verify>};

}  // namespace ceir
