// ceir explain: which concepts carry a cluster, a picture of the run, or pictures that were not in it.
#include "models/explanations.h"

#include "models/embed.h"
#include "models/kmeans.h"
#include "models/pipeline/explain_json.h"
#include "models/pipeline/run_folder.h"
#include "tensor/io/file.h"
#include "tools/image_flags.h"

namespace ceir {
namespace {

struct Explain : Command {
  std::string folder, image, photos, out, method;
  std::optional<int64_t> cluster;
  int64_t top = 8;

  void define(Flags& f) override {
    f.positional("RUN", folder, "a finished run folder");
    f.option("--cluster", cluster, "this cluster alone");
    f.option("--image", image, "a picture of the run: its path, the end of it, or #ROW");
    f.option("--images", photos, "pictures that were not in the run; nothing is trained again");
    f.choice("--method", method, {"", "clear", "mean", "ig", "margin", "faithful"}, "ranking (default: the run's)");
    f.option("--top", top, "concepts shown for each; 0 = all");
    f.option("--out", out, "JSON file, besides what is printed");
  }

  std::string lines(const Json& item) const {
    std::string text;
    const auto& concepts = item.at("concepts", "explanation").as_array("concepts");
    const size_t n = concepts.size(), most = top <= 0 ? n : static_cast<size_t>(top);
    const size_t head = most >= n ? n : most - most / 4, tail = most >= n ? 0 : most / 4;
    for (size_t i = 0; i < n; i++)
      if (i < head || i >= n - tail) {
        const double value = concepts[i].get("contribution", 0.0, "contribution");
        text += fmt::format("    {:+8.3f}  {}\n", value, concepts[i].get("concept", "", "concept"));
      }
    return text;
  }

  int run(Context& c) override {
    if (top < 0 || top > 1000000000) usage_error("--top {}: 0 (all) to 1000000000", top);
    if (!image.empty() + !photos.empty() + cluster.has_value() > 1) usage_error("explain takes one of --cluster, --image and --images");
    if (!out.empty()) c.check_output(out);
    const RunFolder run = RunFolder::open(folder);
    const Ranking how = run.ranking(method);
    const auto& names = run.bottleneck.concepts;
    Json json = Json::object().set("run", folder).set("method", name_of(how.method)).set("baseline", "mean");
    std::string text;
    int code = 0;
    double completeness = 0;
    if (!image.empty() || !photos.empty()) {
      Tensor x;
      std::vector<std::string> paths;
      if (!image.empty()) {
        const int64_t row = run.find_image(image);
        x = run.concept_vectors.rows(row, row + 1).clone();
        paths.push_back(run.rows.paths[static_cast<size_t>(row)]);
      } else {
        const auto clip = run.open_model();
        const auto set = ceir::open_images(photos, {});
        if (c.globals().dry_run) return dry_run(c, fmt::format("explain {} pictures of {} by the run {}", set->size(), photos, folder));
        EmbedOptions options;
        options.batch = c.globals().batch;
        options.monitor = c.monitor();
        const EmbedResult e = embed_images(*clip, *set, options);
        Json skipped = Json::array();
        for (const auto& s : e.skipped) {
          c.warn(set->path(s.row) + ": " + s.reason);
          skipped.push(Json::object().set("path", set->path(s.row)).set("reason", s.reason));
          code = 4;
        }
        if (e.rows.empty()) bad_input("none of the {} pictures of {} could be read", set->size(), photos);
        json.set("skipped", skipped);
        for (const int64_t row : e.rows) paths.push_back(set->path(row));
        x = project(run.bottleneck, e.features).to(DType::f32);
      }
      const Assignment own = assign_to_centers(run.vae.latents(x).to(DType::f32), run.centers);
      const Tensor contributions = image_contributions(run.vae, x, run.centers, own.labels, how, &completeness).to(DType::f32).contiguous();
      Json list = Json::array();
      for (int64_t i = 0; i < x.dim(0); i++) {
        const int64_t group = own.labels.data<int64_t>()[i];
        Json one = image_json(paths[static_cast<size_t>(i)], group, contributions.data<float>() + i * x.dim(1), x.data<float>() + i * x.dim(1), names, top);
        one.set("distance", own.distances.data<float>()[i]).set("label", run.names[static_cast<size_t>(group)]);
        text += fmt::format("{}  cluster {} ({}), distance {:.3f}\n{}", path_line(paths[static_cast<size_t>(i)]), group, run.names[static_cast<size_t>(group)], own.distances.data<float>()[i], lines(one));
        list.push(std::move(one));
      }
      json.set("images", list);
    } else {
      const int64_t count = run.centers.dim(0);
      if (cluster && (*cluster < 0 || *cluster >= count)) usage_error("--cluster {}: clusters go from 0 to {}", *cluster, count - 1);
      const Explanations e = explain(run.vae, take_rows(run.concept_vectors, run.test), run.centers, take_rows(run.clusters, run.test), how, false);
      completeness = e.completeness_error;
      Json list = Json::array();
      for (const Explanation& one : e.clusters) {
        if (cluster && one.group != *cluster) continue;
        Json item = cluster_json(one, names);
        item.set("label", run.names[static_cast<size_t>(one.group)]);
        text += fmt::format("cluster {}: {} ({} pictures)\n{}", one.group, run.names[static_cast<size_t>(one.group)], one.size, lines(item));
        list.push(std::move(item));
      }
      json.set("clusters", list);
    }
    json.set("completeness_error", completeness);
    text += fmt::format("completeness error {:.2e} (contributions against the change they explain, relative)\n", completeness);
    if (c.globals().dry_run) return dry_run(c, "explain " + folder);
    if (!out.empty()) write_file(out, json.dump(1) + "\n");
    c.result(text, json);
    return code;
  }
};

}  // namespace

extern const CommandEntry explain_command{"explain", "the concepts that carry clusters, pictures, or new photos", "ceir explain runs/photos --images holiday", make_command<Explain>};

}  // namespace ceir
