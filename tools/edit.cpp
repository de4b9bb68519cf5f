// ceir edit: change concepts of one picture and see where it goes.
#include "models/edit.h"

#include "models/pipeline/run_folder.h"
#include "tools/image_flags.h"

namespace ceir {
namespace {

Json numbers(const Tensor& t) {
  Json list = Json::array();
  for (const double v : t.values()) list.push(v);
  return list;
}

struct Edit : Command {
  std::string folder, image;
  std::vector<std::string> set, remove;

  void define(Flags& f) override {
    f.positional("RUN", folder, "a finished run folder");
    f.option("--image", image, "a picture of the run: its path, the end of it, or #ROW", true);
    f.option("--set-concept", set, "NAME=VALUE in standard deviations; 0 is the training mean (repeatable)");
    f.option("--remove-concept", remove, "NAME: back to the training mean (repeatable)");
  }

  int run(Context& c) override {
    if (set.empty() && remove.empty()) usage_error("edit needs at least one --set-concept NAME=VALUE or --remove-concept NAME");
    std::vector<ConceptEdit> edits;
    for (const auto& s : set) edits.push_back(parse_concept_edit(s));
    for (const auto& r : remove) edits.push_back(removal_of(r));
    const RunFolder run = RunFolder::open(folder);
    const int64_t row = run.find_image(image), k = run.concept_vectors.dim(1);
    const EditResult e = edit_concepts(run.vae, run.concept_vectors.rows(row, row + 1).clone().reshaped({k}), run.bottleneck.concepts, run.centers, run.names, edits);
    if (c.globals().dry_run) return dry_run(c, "edit " + run.rows.paths[static_cast<size_t>(row)]);
    const auto before = e.distances_before.values(), after = e.distances_after.values();
    std::string text = fmt::format("{}\n  cluster {} ({})  ->  {} ({})\n  the latent moves by {:.3f}\n\n  distance to       before    after\n", path_line(run.rows.paths[static_cast<size_t>(row)]),
                                   e.cluster_before, e.label_before, e.cluster_after, e.label_after, e.latent_shift);
    for (size_t i = 0; i < before.size(); i++) text += fmt::format("  cluster {:<6} {:>9.3f} {:>9.3f}  {}\n", i, before[i], after[i], run.names[i]);
    Json changed = Json::array();
    const auto old_values = e.concepts_before.values(), new_values = e.concepts_after.values();
    for (size_t i = 0; i < old_values.size(); i++)
      if (old_values[i] != new_values[i]) changed.push(Json::object().set("concept", run.bottleneck.concepts[i]).set("before", old_values[i]).set("after", new_values[i]));
    const auto side = [&](const Tensor& latent, const Tensor& distances, int64_t cluster, const std::string& label) {
      return Json::object().set("cluster", cluster).set("label", label).set("latent", numbers(latent)).set("distances", numbers(distances));
    };
    c.result(text, Json::object().set("image", run.rows.paths[static_cast<size_t>(row)]).set("concepts", changed).set("before", side(e.latent_before, e.distances_before, e.cluster_before, e.label_before))
                       .set("after", side(e.latent_after, e.distances_after, e.cluster_after, e.label_after)).set("latent_shift", e.latent_shift));
    return 0;
  }
};

}  // namespace

extern const CommandEntry edit_command{"edit", "change a picture's concepts and see where it goes", "ceir edit runs/demo --image '#17' --set-concept 'red barn=2.5'", make_command<Edit>};

}  // namespace ceir
