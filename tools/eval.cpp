// ceir eval: scores of clusters against known classes, or every figure of a finished run.
#include "models/metrics.h"
#include "models/pipeline/side_by_side.h"
#include "tensor/io/file.h"
#include "tensor/io/npy.h"
#include "tools/image_flags.h"
#include "tools/run_summary.h"

namespace ceir {
namespace {

Tensor labels(const std::string& path) {
  const Tensor t = read_npy(path);
  if (t.rank() != 1 || is_float(t.dtype())) bad_input("{}: {} of shape {}, expected whole numbers (N)", path, name_of(t.dtype()), t.shape().str());
  return t.to(DType::i64);
}

struct Eval : Command {
  std::string folder, pred, truth;

  void define(Flags& f) override {
    f.positional("RUN", folder, "a finished run folder, or one of `run --protocol both`: all its figures", false);
    f.option("--pred", pred, "cluster labels (N), .npy");
    f.option("--truth", truth, "true classes (N), .npy");
  }

  int of_run(Context& c) {
    const std::string both = folder + "/comparison.json", one = folder + "/metrics.json";
    if (!is_file(both) && !is_file(one)) bad_input("{}: no finished run (there is no metrics.json in it); `ceir run` makes one", folder);
    try {
      const Json json = Json::read(is_file(both) ? both : one);
      c.result(is_file(both) ? side_by_side_text(json) : summary_of_run(json, folder) + "\n" + explanation_tables(json), json);
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::bad_input) throw;
      bad_input("{}: a file of this run is damaged ({}); `ceir run` with its --out and --force makes it again", folder, e.what());
    }
    return 0;
  }

  int run(Context& c) override {
    if (!folder.empty() && !(pred.empty() && truth.empty())) usage_error("eval takes a RUN, or --pred and --truth, not both");
    if (!folder.empty()) return of_run(c);
    if (pred.empty() || truth.empty()) usage_error("eval needs a RUN folder, or --pred and --truth");
    const Tensor a = labels(pred), b = labels(truth);
    if (a.numel() != b.numel()) bad_input("{} has {} rows and {} has {}", pred, a.numel(), truth, b.numel());
    const Scores s = score_clusters(a, b);
    Json matching = Json::array();
    for (const auto& [cluster, label] : s.matching) matching.push(Json::array().push(cluster).push(label));
    c.result(fmt::format("ACC {:.4f}  NMI {:.4f}  ARI {:.4f}  purity {:.4f}  n {}\n", s.acc, s.nmi, s.ari, s.purity, s.n),
             Json::object().set("acc", s.acc).set("nmi", s.nmi).set("ari", s.ari).set("purity", s.purity).set("n", s.n).set("matching", matching));
    return 0;
  }
};

}  // namespace

extern const CommandEntry eval_command{"eval", "the figures of a run; ACC, NMI, ARI and purity of clusters against classes", "ceir eval runs/photos", make_command<Eval>};

}  // namespace ceir
