#include "models/pipeline/run_folder.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "kernels/base/closest.h"
#include "models/kmeans.h"
#include "tensor/io/npy.h"

namespace ceir {
namespace fs = std::filesystem;

RunFolder RunFolder::open(const std::string& path) {
  RunFolder run;
  run.path = path;
  if (!fs::exists(path + "/run.json")) {
    if (fs::exists(path + ".partial/stages.json")) bad_input("{} is not finished; run the same `ceir run` again to go on", path);
    bad_input("{} is not a run folder: it has no run.json; `ceir run` makes one", path);
  }
  run.receipt = Json::read(path + "/run.json");
  const std::string where = path + "/run.json";
  const std::string protocol = run.receipt.get("protocol", "sound", where);
  run.settings = Settings::of(protocol == "faithful" ? Protocol::faithful : Protocol::sound);
  try {
    run.settings.load(run.receipt.at("settings", where), where);
    run.settings.finish();
  } catch (const Error& e) {
    bad_input("{}: {}", where, e.what());  // a file's fault, not the command line's
  }
  run.rows = read_rows(path + "/features");
  run.train = run.rows.training_rows(), run.test = run.rows.test_rows();
  run.bottleneck = load_bottleneck(path + "/bottleneck.safetensors");
  run.vae = Vae::load(path + "/vae.safetensors", run.settings.vae.precision);
  run.concept_vectors = read_npy_matrix(path + "/concept_vectors.npy", DType::f32);
  run.centers = read_npy_matrix(path + "/centers.npy", DType::f32);
  const Tensor latents = read_npy_matrix(path + "/latents.npy", DType::f32);
  const auto k = static_cast<int64_t>(run.bottleneck.concepts.size());
  if (run.concept_vectors.dim(0) != run.rows.size() || run.concept_vectors.dim(1) != k || run.vae.concepts() != k ||
      latents.dim(0) != run.rows.size() || latents.dim(1) != run.vae.latent() || run.centers.dim(1) != run.vae.latent())
    bad_input("{}: its files do not fit each other; make the run again", path);
  const Assignment all = assign_to_centers(latents, run.centers);
  run.clusters = all.labels;
  run.distances = all.distances;
  const Json labels = Json::read(path + "/labels.json");
  for (const Json& c : labels.at("clusters", path + "/labels.json").as_array("clusters")) run.names.push_back(c.get("name", "", "labels.json"));
  if (static_cast<int64_t>(run.names.size()) != run.centers.dim(0)) bad_input("{}/labels.json names {} clusters of {}", path, run.names.size(), run.centers.dim(0));
  return run;
}

Ranking RunFolder::ranking(const std::string& method) const {
  return {explanation_method_from(method.empty() ? settings.explain_method : method), ConceptScale(take_rows(concept_vectors, train))};
}

int64_t RunFolder::find_image(const std::string& name) const {
  if (name.starts_with('#')) {
    char* end = nullptr;
    const long long row = std::strtoll(name.c_str() + 1, &end, 10);
    if (name.size() == 1 || *end || row < 0 || row >= rows.size()) usage_error("--image {}: rows go from #0 to #{}", name, rows.size() - 1);
    return row;
  }
  std::vector<int64_t> found;
  for (int64_t i = 0; i < rows.size(); i++) {
    const std::string& p = rows.paths[static_cast<size_t>(i)];
    if (p == name) return i;
    if (p.ends_with("/" + name) || p.ends_with("#" + name)) found.push_back(i);
  }
  if (found.size() == 1) return found[0];
  if (found.size() > 1) usage_error("--image {}: {} pictures of the run end so, for example {} and {}", name, found.size(), rows.paths[static_cast<size_t>(found[0])], rows.paths[static_cast<size_t>(found[1])]);
  const std::string near = rows.size() <= 20000 ? closest(name, rows.paths) : "";
  usage_error("--image {}: the run has no such picture{}", name, near.empty() ? "; features.paths.txt lists them" : "; did you mean " + near + "?");
}

std::unique_ptr<ImageSet> RunFolder::open_images() const {
  const Json& images = receipt.at("images", "run.json");
  ImageSetOptions options;
  options.kind = images.get("dataset", "", "run.json");
  options.split = images.get("split", "all", "run.json");
  options.labels = images.get("labels", "fine", "run.json");
  const std::string given = images.get("given", "", "run.json");
  if (given == "-") bad_input("{}: the run read its paths from stdin; they cannot be opened again", path);
  return ceir::open_images(given, options);
}

std::unique_ptr<Clip> RunFolder::open_model() const {
  const Json& model = receipt.at("model", "run.json");
  const std::string name = model.get("name", "", "run.json");
  auto clip = Clip::open(name);
  if (clip->content_hash() != model.get("sha256", "", "run.json"))
    bad_input("{}: the run was made with another {} than there is now; make the run again", path, name);
  return clip;
}

}  // namespace ceir
