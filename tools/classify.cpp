// ceir classify: zero-shot scores of pictures against texts.
#include <algorithm>

#include "models/embed.h"
#include "models/pipeline/rows.h"
#include "tensor/io/npy.h"
#include "tools/image_flags.h"
#include "tools/texts.h"

namespace ceir {
namespace {

struct Classify : Command {
  ImageFlags images;
  std::string model = "nano", texts, out;
  bool cosine = false;

  void define(Flags& f) override {
    images.define(f);
    f.option("--texts", texts, "the classes as texts, one a line, or .jsonl", true);
    f.option("--model", model, "nano (built in), a model folder, or a hub name in the cache");
    f.option("--out", out, "scores (N, K) f32, .npy; without it the best text of each picture is printed");
    f.flag("--cosine", cosine, "plain cosines in place of probabilities");
  }

  int run(Context& c) override {
    if (!out.empty()) {
      npy_base(out);
      c.check_output(out);
    }
    const auto clip = Clip::open(model);
    const auto list = read_texts(texts);
    if (list.empty()) bad_input("{}: there is no text in it", texts);
    const auto set = images.open();
    if (c.globals().dry_run) return dry_run(c, fmt::format("score {} pictures against {} texts", set->size(), list.size()));
    const Tensor t = embed_texts(*clip, list, c.globals().batch);
    EmbedOptions options;
    options.batch = c.globals().batch;
    options.monitor = c.monitor();
    options.exif = images.exif == "apply";
    const EmbedResult e = embed_images(*clip, *set, options);
    std::vector<std::pair<int64_t, std::string>> skipped;
    for (const auto& s : e.skipped) skipped.emplace_back(s.row, s.reason);
    const Rows rows = rows_of(*set, e.rows, skipped);
    if (rows.size() == 0) bad_input("none of the {} pictures could be read", set->size());
    const Tensor scores = cosine ? cosine_matrix(e.features, t) : clip->probabilities(e.features, t);
    if (!out.empty()) {
      write_rows(npy_base(out), rows);
      write_npy(out, scores);
    }
    const int64_t k = scores.dim(1);
    const float* s = scores.data<float>();
    std::string text;
    Json json = Json::array();
    for (int64_t i = 0; i < rows.size(); i++) {
      const int64_t best = std::max_element(s + i * k, s + (i + 1) * k) - (s + i * k);
      const std::string& path = rows.paths[static_cast<size_t>(i)];
      const std::string& name = list[static_cast<size_t>(best)];
      const double score = s[i * k + best];
      if (out.empty()) text += fmt::format("{}\t{}\t{:.4f}\n", path_line(path), name, score);
      json.push(Json::object().set("path", path).set("text", name).set("score", score));
    }
    if (!out.empty()) text = fmt::format("{}: {} x {} scores\n", out, scores.dim(0), k);
    c.result(text, Json::object().set("out", out.empty() ? Json() : Json(out)).set("images", json));
    for (const auto& [row, reason] : skipped) c.warn(set->path(row) + ": " + reason);
    return skipped.empty() ? 0 : 4;
  }
};

}  // namespace

extern const CommandEntry classify_command{"classify", "zero-shot scores of pictures against texts",
                                           "ceir classify photos --texts classes.txt --out scores.npy", make_command<Classify>};

}  // namespace ceir
