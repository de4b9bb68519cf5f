#include "models/model_source.h"

#include <filesystem>

#include "kernels/base/closest.h"
#include "kernels/base/error.h"
#include "weights/pickled.h"

namespace ceir {
namespace fs = std::filesystem;
namespace {

bool starts_with(const std::string& s, const char* prefix) { return s.rfind(prefix, 0) == 0; }

ModelSource in_folder(const std::string& folder, const std::string& weights) {
  ModelSource s{false, folder, weights, (fs::path(folder) / "config.json").string()};
  std::error_code ignored;
  if (!fs::is_regular_file(s.config, ignored)) {
    if (fs::exists(fs::path(folder) / "open_clip_config.json", ignored))
      bad_input("{}: an open_clip folder; this version reads Hugging Face's layout (config.json and model.safetensors)", folder);
    bad_input("{}: no config.json; a model is a Hugging Face folder with config.json and model.safetensors, or the built-in 'nano'", folder);
  }
  return s;
}

ModelSource in_hub_cache(const std::string& asked, const HubName& name) {
  const std::string cache = hub_cache_folder();
  const auto snapshot = find_cached_snapshot(cache, name);
  if (!snapshot) {
    const std::string base = hub_repository_folder(cache, name.repository);
    std::error_code ignored;
    const bool other = fs::is_directory(base, ignored);
    fail(ErrorKind::network, "model '{}': {} (looked in {}); fetch it with `ceir download {}` or give a folder", asked,
         other ? fmt::format("revision '{}' is not in the hub cache", name.revision) : "not in the hub cache, and no such file or folder", base, asked);
  }
  return in_folder(snapshot->folder, snapshot->folder);
}

}  // namespace

ModelSource find_model(const std::string& model) {
  if (model.empty()) bad_input("the model's name is empty; give a folder, a hub name or 'nano'");
  if (model == "nano") return {true, "", "", ""};
  std::string name = model;
  const bool local = starts_with(name, "local-dir:"), hub = starts_with(name, "hf-hub:");
  if (local) name = name.substr(10);
  std::error_code ignored;
  if (!hub && fs::is_directory(name, ignored)) return in_folder(name, name);
  if (!hub && fs::exists(name, ignored)) {
    if (named_pickled(name)) refuse_pickled(name);
    if (fs::path(name).extension() != ".safetensors")
      bad_input("{}: not a model; expected a Hugging Face folder or a .safetensors with its config.json beside it", name);
    const fs::path parent = fs::path(name).parent_path();
    return in_folder(parent.empty() ? "." : parent.string(), name);
  }
  if (!local)
    if (const auto on_hub = parse_hub_name(name)) return in_hub_cache(model, *on_hub);
  const std::string meant = closest(model, {"nano"});
  bad_input("model '{}': no such file or folder{}", model, meant.empty() ? "; the built-in model is called 'nano'" : "; did you mean '" + meant + "'?");
}

}  // namespace ceir
