// ceir teacher: cosines of every picture with every concept, what the bottleneck learns to follow.
#include "models/check.h"
#include "models/clip.h"
#include "tensor/io/npy.h"
#include "tools/image_flags.h"

namespace ceir {
namespace {

struct Teacher : Command {
  std::string in, texts, out;

  void define(Flags& f) override {
    f.option("--in", in, "image features (N, d), .npy", true);
    f.option("--texts", texts, "text features (K, d), .npy", true);
    f.option("--out", out, "cosines (N, K) f32, .npy", true);
  }

  int run(Context& c) override {
    npy_base(out);
    c.check_output(out);
    const Tensor a = read_npy_matrix(in, DType::f32), b = read_npy_matrix(texts, DType::f32);
    if (a.dim(1) != b.dim(1)) bad_input("{} has {} columns and {} has {}; both must come from the same model", in, a.dim(1), texts, b.dim(1));
    require_finite(in, a);
    require_finite(texts, b);
    if (c.globals().dry_run) return dry_run(c, fmt::format("write {} x {} cosines to {}", a.dim(0), b.dim(0), out));
    const Tensor p = cosine_matrix(a, b);
    write_npy(out, p);
    c.result(fmt::format("{}: {} x {} cosines\n", out, p.dim(0), p.dim(1)), Json::object().set("out", out).set("n", p.dim(0)).set("concepts", p.dim(1)));
    return 0;
  }
};

}  // namespace

extern const CommandEntry teacher_command{"teacher", "cosines of pictures with concepts, from their features",
                                          "ceir teacher --in features.npy --texts texts.npy --out teacher.npy", make_command<Teacher>};

}  // namespace ceir
