// ceir embed: pictures through a CLIP's image tower.
#include "models/embed.h"

#include <chrono>

#include "models/pipeline/rows.h"
#include "tensor/io/npy.h"
#include "tensor/io/sha256.h"
#include "tools/image_flags.h"

namespace ceir {
namespace {

struct Embed : Command {
  ImageFlags images;
  std::string model = "nano", out, pixels;
  bool normalize = false;

  void define(Flags& f) override {
    images.define(f);
    f.option("--model", model, "nano (built in), a model folder, a .safetensors, or a hub name in the cache");
    f.option("--out", out, "features (N, d) f32, .npy", true);
    f.option("--pixels", pixels, "preprocessed pictures (N, 3, H, W), .npy, in place of IMAGES");
    f.flag("--normalize", normalize, "divide each row by its L2 norm");
  }

  int run(Context& c) override {
    const Globals& g = c.globals();
    const std::string base = npy_base(out);
    if (!pixels.empty() && images.given()) usage_error("--pixels and IMAGES are both given; one of them is enough");
    c.check_output(out);
    const auto clip = Clip::open(model);
    const Trace writer = g.trace.empty() || g.dry_run ? Trace() : trace_writer(g.trace, "step_");
    const Trace* trace = g.trace.empty() ? nullptr : &writer;
    if (!pixels.empty()) {
      const Tensor x = read_npy_matrix(pixels, DType::f32, 4);
      if (g.dry_run) return dry_run(c, fmt::format("embed {} preprocessed pictures into {}", x.dim(0), out));
      Tensor f = embed_pixels(*clip, x, g.batch, c.monitor(), trace);
      if (normalize) normalize_rows(f);
      write_npy(out, f);
      return done(c, f, 0);
    }
    const auto set = images.open();
    if (g.dry_run) return dry_run(c, fmt::format("embed {} pictures of {} with {} into {}", set->size(), set->name(), model, out));
    const auto begin = std::chrono::steady_clock::now();
    clip->load_image();
    if (g.verbose)
      c.say(fmt::format("image tower read and packed in {:.3f} s", std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()));
    const auto key = [&] {   // a hash of the whole model: only when there is work to keep or to go on with
      return Sha256().update(clip->content_hash()).update(set->content_key()).update(images.exif).update(normalize ? "n" : "-").hex();
    };
    Checkpoint checkpoint(c.unfinished(out), "embed", std::function<std::string()>(key));
    EmbedOptions options;
    options.batch = g.batch;
    options.normalize = normalize;
    options.monitor = c.monitor();
    options.checkpoint = &checkpoint;
    options.exif = images.exif == "apply";
    options.trace = trace;
    const EmbedResult result = embed_images(*clip, *set, options);
    std::vector<std::pair<int64_t, std::string>> skipped;
    for (const auto& s : result.skipped) skipped.emplace_back(s.row, s.reason);
    if (result.rows.empty()) bad_input("none of the {} pictures of {} could be read: {}", set->size(), images.what(), skipped.empty() ? "there are none" : set->path(skipped[0].first) + ": " + skipped[0].second);
    write_rows(base, rows_of(*set, result.rows, skipped));
    write_npy(out, result.features);
    c.drop_unfinished();
    return done(c, result.features, static_cast<int64_t>(skipped.size()));
  }

  int done(Context& c, const Tensor& f, int64_t skipped) {
    c.result(fmt::format("{}: {} x {} features\n", out, f.dim(0), f.dim(1)),
             Json::object().set("out", out).set("n", f.dim(0)).set("dim", f.dim(1)).set("skipped", skipped).set("model", model));
    return report_skipped(c, f.dim(0), skipped, npy_base(out) + ".skipped.jsonl");
  }
};

}  // namespace

extern const CommandEntry embed_command{"embed", "image features of a CLIP, one row per picture",
                                        "ceir embed photos --out features.npy", make_command<Embed>};

}  // namespace ceir
