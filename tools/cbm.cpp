// ceir cbm: trains the concept bottleneck; ceir project: applies it.
#include "models/check.h"
#include "models/concept_bottleneck.h"
#include "models/pipeline/plan.h"
#include "tensor/io/file.h"
#include "tensor/io/npy.h"
#include "tensor/io/sha256.h"
#include "tools/image_flags.h"
#include "tools/texts.h"

namespace ceir {
namespace {

struct Cbm : Command {
  std::string features, teacher, val_features, val_teacher, concepts, out, init, log;
  BottleneckOptions options;

  void define(Flags& f) override {
    f.option("--features", features, "student features (N, d), .npy", true);
    f.option("--teacher", teacher, "teacher cosines (N, K), .npy", true);
    f.option("--val-features", val_features, "features of the second split; default: a fixed tenth of the rows");
    f.option("--val-teacher", val_teacher, "cosines of the second split");
    f.option("--concepts", concepts, "names of the K concepts: a file or a built-in set (default: their numbers)");
    f.option("--out", out, "bottleneck, .safetensors", true);
    f.option("--steps", options.steps, "at most");
    f.option("--train-batch", options.train_batch, "rows a step");
    f.option("--lr", options.lr, "of Adam");
    f.option("--patience", options.check_every, "steps between two looks at the second split");
    f.option("--cutoff", options.cutoff, "step (g): similarity a concept must exceed there");
    f.option("--init", init, "weights (K, d), .npy, to start from");
    f.option("--log", log, "losses, one JSON object a line");
  }

  int run(Context& c) override {
    if (val_features.empty() != val_teacher.empty()) usage_error("--val-features and --val-teacher go together");
    constexpr int64_t most = 1000000000;
    if (options.steps > most || options.train_batch > most || options.check_every > most) usage_error("cbm: --steps, --patience and --train-batch: {} at most", most);
    if (options.steps < 1 || options.train_batch < 2 || options.check_every < 1 || !(options.lr > 0)) usage_error("cbm: --steps and --patience from 1, --train-batch from 2, --lr above 0");
    c.check_output(out);
    if (!log.empty()) c.check_output(log);
    const Tensor raw = read_npy(features);
    options.precision = raw.dtype() == DType::f64 ? DType::f64 : DType::f32;
    Tensor f = read_npy_matrix(features, options.precision), p = read_npy_matrix(teacher, options.precision), vf, vp;
    if (f.dim(0) != p.dim(0)) bad_input("{} has {} rows and {} has {}", features, f.dim(0), teacher, p.dim(0));
    if (!val_features.empty()) {
      vf = read_npy_matrix(val_features, options.precision);
      vp = read_npy_matrix(val_teacher, options.precision);
    } else {
      const auto held = validation_rows(f.dim(0), 42), rest = other_rows(f.dim(0), held);
      if (held.size() < 2 || rest.size() < 2) bad_input("{}: {} rows are too few to hold a tenth out; give --val-features and --val-teacher", features, f.dim(0));
      vf = select_rows(f, held), vp = select_rows(p, held);
      f = select_rows(f, rest), p = select_rows(p, rest);
    }
    std::vector<std::string> names;
    if (!concepts.empty()) names = load_concepts(concepts).concepts;
    else
      for (int64_t k = 0; k < p.dim(1); k++) names.push_back(std::to_string(k));
    if (static_cast<int64_t>(names.size()) != p.dim(1)) bad_input("{} names {} concepts, {} has {} columns", concepts, names.size(), teacher, p.dim(1));
    if (!init.empty()) options.initial_weight = read_npy_matrix(init, options.precision);
    options.seed = static_cast<uint64_t>(c.globals().seed);
    if (c.globals().dry_run) return dry_run(c, fmt::format("train a bottleneck of {} features to {} concepts on {} rows into {}", f.dim(1), p.dim(1), f.dim(0), out));
    const std::string key = make_key({environment_key(), sha256_of_file(features), sha256_of_file(teacher), val_features.empty() ? "" : sha256_of_file(val_features) + sha256_of_file(val_teacher),
                                      init.empty() ? "" : sha256_of_file(init), fmt::format("{} {} {} {} {} {}", options.steps, options.train_batch, options.check_every, options.lr, options.cutoff, options.seed)});
    Checkpoint checkpoint(c.unfinished(out), "cbm", key);
    const Bottleneck b = train_bottleneck(f, p, vf, vp, names, options, c.monitor(), &checkpoint);
    if (!log.empty()) {
      std::string text;
      for (const auto& row : b.log) {
        Json line = Json::object().set("step", row.step).set("loss", row.loss);
        if (row.validation) line.set("val_loss", *row.validation);
        text += line.dump() + "\n";
      }
      write_file(log, text);
    }
    save_bottleneck(out, b);
    c.drop_unfinished();
    c.result(fmt::format("{}: {} concepts kept, {} dropped, best step {}{}\n", out, b.concepts.size(), b.dropped.size(), b.best_step, b.stopped_early ? ", stopped early" : ""),
             Json::object().set("out", out).set("kept", static_cast<int64_t>(b.concepts.size())).set("dropped", static_cast<int64_t>(b.dropped.size())).set("best_step", b.best_step).set("stopped_early", b.stopped_early));
    return 0;
  }
};

struct Project : Command {
  std::string bottleneck, features, out;

  void define(Flags& f) override {
    f.option("--bottleneck", bottleneck, "from `ceir cbm`, .safetensors", true);
    f.option("--features,--in", features, "student features (N, d), .npy", true);
    f.option("--out", out, "standardised concept vectors (N, K'), .npy", true);
  }

  int run(Context& c) override {
    npy_base(out);
    c.check_output(out);
    const Bottleneck b = load_bottleneck(bottleneck);
    const Tensor f = read_npy_matrix(features, b.weight.dtype());
    if (f.dim(1) != b.weight.dim(1)) bad_input("{} has {} columns, {} expects {}", features, f.dim(1), bottleneck, b.weight.dim(1));
    if (c.globals().dry_run) return dry_run(c, fmt::format("project {} rows onto {} concepts into {}", f.dim(0), b.weight.dim(0), out));
    const Tensor x = project(b, f);
    require_finite("concept vectors", x);
    write_npy(out, x);
    c.result(fmt::format("{}: {} x {} concepts\n", out, x.dim(0), x.dim(1)), Json::object().set("out", out).set("n", x.dim(0)).set("concepts", x.dim(1)));
    return 0;
  }
};

}  // namespace

extern const CommandEntry cbm_command{"cbm", "train the concept bottleneck", "ceir cbm --features features.npy --teacher teacher.npy --concepts concepts.txt --out bottleneck.safetensors", make_command<Cbm>};
extern const CommandEntry project_command{"project", "features to standardised concept vectors", "ceir project --bottleneck bottleneck.safetensors --features features.npy --out concept_vectors.npy", make_command<Project>};

}  // namespace ceir
