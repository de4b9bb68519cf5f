// ceir label: names for clusters and pictures, by counting the concepts that count.
#include "models/labels.h"

#include "models/explanations.h"
#include "models/pipeline/explain_json.h"
#include "models/pipeline/run_folder.h"
#include "tools/image_flags.h"

namespace ceir {
namespace {

struct Label : Command {
  std::string folder, image;
  std::optional<double> threshold;
  int64_t top = 8;

  void define(Flags& f) override {
    f.positional("RUN", folder, "a finished run folder");
    f.option("--image", image, "labels of one picture: its path, the end of it, or #ROW");
    f.option("--threshold", threshold, "a concept counts for a picture when |contribution| exceeds this (default: the run's)");
    f.option("--top", top, "labels shown for each cluster");
  }

  int run(Context& c) override {
    if (top < 1 || top > 1000000000) usage_error("--top {}: 1 to 1000000000", top);
    const RunFolder run = RunFolder::open(folder);
    const double least = threshold.value_or(run.settings.label_threshold);
    if (least < 0) usage_error("--threshold {}: 0 or more", least);
    const auto& names = run.bottleneck.concepts;
    const Ranking how = run.ranking();
    if (c.globals().dry_run) return dry_run(c, "label " + folder);
    if (!image.empty()) {
      const int64_t row = run.find_image(image);
      const Tensor x = run.concept_vectors.rows(row, row + 1).clone(), own = take_rows(run.clusters, {row});
      const Tensor contributions = image_contributions(run.vae, x, run.centers, own, how).to(DType::f32);
      const Tensor decisive = label_contributions(run.vae, x, run.centers, own, how.method, contributions);
      const auto words = image_labels(decisive.reshaped({x.dim(1)}), x.reshaped({x.dim(1)}), names, top, least);
      Json list = Json::array();
      std::string text;
      for (const auto& w : words) list.push(w), text += w + "\n";
      c.result(text, Json::object().set("path", run.rows.paths[static_cast<size_t>(row)]).set("labels", list));
      return 0;
    }
    const Tensor x = take_rows(run.concept_vectors, run.test), clusters = take_rows(run.clusters, run.test);
    const Tensor contributions = image_contributions(run.vae, x, run.centers, clusters, how).to(DType::f32);
    const Tensor decisive = label_contributions(run.vae, x, run.centers, clusters, how.method, contributions);
    const auto counted = count_cluster_labels(decisive, x, names, clusters, run.centers.dim(0), least);
    const auto titles = cluster_names(counted);
    Json list = Json::array();
    std::string text;
    for (size_t i = 0; i < counted.size(); i++) {
      text += fmt::format("cluster {}: {}\n", i, titles[i]);
      for (size_t k = 0; k < counted[i].size() && static_cast<int64_t>(k) < top; k++)
        text += fmt::format("    {:>6} pictures ({:>3.0f} %)  {}\n", counted[i][k].count, 100 * counted[i][k].share, counted[i][k].name);
      list.push(Json::object().set("cluster", static_cast<int64_t>(i)).set("name", titles[i]).set("labels", label_json(counted[i], top)));
    }
    c.result(text, Json::object().set("threshold", least).set("clusters", list).set("all", label_json(count_labels(decisive, x, names, least), 50)));
    return 0;
  }
};

}  // namespace

extern const CommandEntry label_command{"label", "names for clusters and pictures, by counting concepts", "ceir label runs/photos", make_command<Label>};

}  // namespace ceir
