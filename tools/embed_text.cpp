// ceir embed-text: texts through a CLIP's text tower.
#include "models/embed.h"
#include "tensor/io/npy.h"
#include "tools/image_flags.h"
#include "tools/texts.h"

namespace ceir {
namespace {

struct EmbedText : Command {
  std::string model = "nano", texts, ids, out;
  bool normalize = false;

  void define(Flags& f) override {
    f.option("--texts", texts, "a file of texts, one a line, or .jsonl; - for stdin");
    f.option("--ids", ids, "token ids (K, T), .npy, in place of --texts");
    f.option("--model", model, "nano (built in), a model folder, a .safetensors, or a hub name in the cache");
    f.option("--out", out, "features (K, d) f32, .npy", true);
    f.flag("--normalize", normalize, "divide each row by its L2 norm");
  }

  int run(Context& c) override {
    const Globals& g = c.globals();
    npy_base(out);
    if (texts.empty() == ids.empty()) usage_error("embed-text takes either --texts FILE or --ids X.npy");
    c.check_output(out);
    const auto clip = Clip::open(model);
    const Trace writer = g.trace.empty() || g.dry_run ? Trace() : trace_writer(g.trace, "text_step_");
    const Trace* trace = g.trace.empty() ? nullptr : &writer;
    Tensor f;
    if (!ids.empty()) {
      const Tensor x = read_npy(ids);
      if (x.rank() != 2 || is_float(x.dtype())) bad_input("{}: token ids should be whole numbers of shape (K, T), not {} {}", ids, name_of(x.dtype()), x.shape().str());
      if (g.dry_run) return dry_run(c, fmt::format("embed {} texts into {}", x.dim(0), out));
      f = embed_ids(*clip, x.to(DType::i64), g.batch, c.monitor(), trace);
    } else {
      const auto list = read_texts(texts);
      if (list.empty()) bad_input("{}: there is no text in it", texts);
      if (g.dry_run) return dry_run(c, fmt::format("embed {} texts into {}", list.size(), out));
      f = embed_texts(*clip, list, g.batch, c.monitor(), trace);
    }
    if (normalize) normalize_rows(f);
    write_npy(out, f);
    c.result(fmt::format("{}: {} x {} features\n", out, f.dim(0), f.dim(1)),
             Json::object().set("out", out).set("n", f.dim(0)).set("dim", f.dim(1)).set("model", model));
    return 0;
  }
};

}  // namespace

extern const CommandEntry embed_text_command{"embed-text", "text features of a CLIP, one row per text",
                                             "ceir embed-text --texts concepts.txt --out texts.npy", make_command<EmbedText>};

}  // namespace ceir
