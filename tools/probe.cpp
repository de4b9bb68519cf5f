// ceir probe: how well classes follow from a representation by one linear layer.
#include "models/probe.h"

#include "models/sparse_layer.h"
#include "tensor/io/npy.h"
#include "tools/image_flags.h"

namespace ceir {
namespace {

struct Probe : Command {
  std::string in, truth, test_in, test_truth;
  double c = 1.0;
  std::optional<double> sparse;

  void define(Flags& f) override {
    f.option("--in", in, "rows to learn from (N, d), .npy", true);
    f.option("--truth", truth, "their classes (N), .npy", true);
    f.option("--test-in", test_in, "rows to be judged on (M, d), .npy", true);
    f.option("--test-truth", test_truth, "their classes (M), .npy", true);
    f.option("--c", c, "weight of the data against the penalty");
    f.option("--sparse", sparse, "LAMBDA of the elastic net (Label-free CBM's last step), in place of --c");
  }

  static Tensor labels(const std::string& path, int64_t rows, const std::string& of) {
    const Tensor t = read_npy(path);
    if (t.rank() != 1 || is_float(t.dtype())) bad_input("{}: {} of shape {}, expected whole numbers (N)", path, name_of(t.dtype()), t.shape().str());
    if (t.numel() != rows) bad_input("{} has {} rows and {} has {}", of, rows, path, t.numel());
    return t.to(DType::i64);
  }

  int run(Context& ctx) override {
    const Tensor x = read_npy_matrix(in, DType::f64), xt = read_npy_matrix(test_in, DType::f64);
    if (x.dim(1) != xt.dim(1)) bad_input("{} has {} columns and {} has {}", in, x.dim(1), test_in, xt.dim(1));
    const Tensor y = labels(truth, x.dim(0), in), yt = labels(test_truth, xt.dim(0), test_in);
    if (ctx.globals().dry_run) return dry_run(ctx, fmt::format("fit a linear layer on {} rows", x.dim(0)));
    LinearLayer layer;
    if (sparse) {
      SparseLayerOptions o;
      o.lambda = *sparse;
      layer = fit_sparse_layer(x, y, o, ctx.monitor());
    } else {
      ProbeOptions o;
      o.c = c;
      layer = fit_probe(x, y, o, ctx.monitor());
    }
    const double train = accuracy(layer, x, y), test = accuracy(layer, xt, yt);
    Json json = Json::object().set("accuracy", test).set("train_accuracy", train).set("n", xt.dim(0)).set("objective", layer.objective).set("converged", layer.converged);
    std::string text = fmt::format("accuracy {:.4f} on {} rows ({:.4f} on the {} it was fitted to)\n", test, xt.dim(0), train, x.dim(0));
    if (sparse) {
      const int64_t nonzero = count_nonzero(layer);
      json.set("nonzero", nonzero);
      text += fmt::format("{} of {} weights are not zero\n", nonzero, layer.weight.numel());
    }
    ctx.result(text, json);
    return 0;
  }
};

}  // namespace

extern const CommandEntry probe_command{"probe", "linear probe of a representation", "ceir probe --in train.npy --truth train.labels.npy --test-in test.npy --test-truth test.labels.npy", make_command<Probe>};

}  // namespace ceir
