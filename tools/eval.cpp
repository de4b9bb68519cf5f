// ceir eval: scores of clusters against known classes.
#include "models/metrics.h"
#include "tensor/io/npy.h"
#include "tools/image_flags.h"

namespace ceir {
namespace {

Tensor labels(const std::string& path) {
  const Tensor t = read_npy(path);
  if (t.rank() != 1 || is_float(t.dtype())) bad_input("{}: {} of shape {}, expected whole numbers (N)", path, name_of(t.dtype()), t.shape().str());
  return t.to(DType::i64);
}

struct Eval : Command {
  std::string pred, truth;

  void define(Flags& f) override {
    f.option("--pred", pred, "cluster labels (N), .npy", true);
    f.option("--truth", truth, "true classes (N), .npy", true);
  }

  int run(Context& c) override {
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

extern const CommandEntry eval_command{"eval", "ACC, NMI, ARI and purity of clusters against classes", "ceir eval --pred clusters.npy --truth features.labels.npy", make_command<Eval>};

}  // namespace ceir
