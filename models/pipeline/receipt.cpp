// run.json: what was done, with what, where, and what came out. The only file with times and machine in it.
#include <sys/resource.h>

#include <ctime>

#include "kernels/base/cpu.h"
#include "kernels/base/table.h"
#include "kernels/base/threads.h"
#include "kernels/base/version.h"
#include "kernels/launch/compute.h"
#include "kernels/launch/runtime.h"
#include "models/pipeline/run.h"
#include "tensor/io/file.h"
#include "tensor/io/sha256.h"
#include "tensor/storage.h"

namespace ceir {

void write_receipt(const StageContext& c, const SharedStages& shared, int64_t clusters) {
  const PreparedRun& run = c.run;
  const RunPlan& plan = run.plan;
  Json command = Json::array(), seeds = Json::array(), seconds = Json::object(), files = Json::object(), kernels = Json::object();
  for (const std::string& a : plan.command) command.push(a);
  for (const uint64_t s : plan.seeds) seeds.push(static_cast<int64_t>(s));
  for (const auto& [stage, s] : c.seconds) seconds.set(stage, s);
  for (const std::string& f : c.workspace.files()) files.set(f, sha256_of_file(c.workspace.path(f)));
  for (const TableBase* t : all_tables())
    if (const std::string v = chosen_variant(t->op()); !v.empty()) kernels.set(t->op(), v);
  std::string list;
  for (const std::string& name : run.concepts.concepts) list += name + "\n";
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  char finished[32];
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::strftime(finished, sizeof finished, "%Y-%m-%dT%H:%M:%SZ", &utc);
  Settings settings = plan.settings;
  const Json receipt =
      Json::object()
          .set("ceir", version())
          .set("key", run.key)
          .set("command", command)
          .set("protocol", name_of(plan.protocol))
          .set("seeds", seeds)
          .set("clusters", clusters)
          .set("clusters_asked", plan.clusters)
          .set("settings", settings.json())
          .set("model", Json::object().set("name", plan.model).set("sha256", run.student->content_hash()))
          .set("teacher", Json::object().set("name", plan.teacher.empty() ? plan.model : plan.teacher).set("sha256", run.teacher_clip().content_hash()))
          .set("images", Json::object().set("given", plan.images).set("name", run.images->name()).set("dataset", plan.image_options.kind)
                             .set("split", plan.image_options.split).set("labels", plan.image_options.labels).set("exif", plan.exif)
                             .set("sha256", run.images->content_key()).set("n", shared.rows.size())
                             .set("skipped", static_cast<int64_t>(shared.rows.skipped.size())))
          .set("concepts", Json::object().set("given", plan.concepts).set("name", run.concepts.name).set("n", static_cast<int64_t>(run.concepts.concepts.size())).set("sha256", sha256_of(list)))
          .set("files", files)
          .set("stages", c.workspace.stages())
          .set("seconds", seconds)
          .set("peak_memory_bytes", int64_t{usage.ru_maxrss} * 1024)
          .set("peak_tensor_bytes", memory_account().peak_bytes)
          .set("finished", finished)
          .set("machine", Json::object().set("cpu", cpu_model()).set("features", cpu_features()).set("threads", int64_t{thread_count()}).set("device", chosen_device()).set("device_name", current_runtime() ? current_device().name : cpu_model()).set("kernels", kernels));
  write_file(c.workspace.path("run.json"), receipt.dump(1) + "\n");
}

}  // namespace ceir
