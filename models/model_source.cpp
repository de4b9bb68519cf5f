#include "models/model_source.h"

#include <filesystem>

#include "kernels/base/closest.h"
#include "kernels/base/error.h"
#include "tensor/io/file.h"
#include "tensor/io/json.h"
#include "weights/pickled.h"

namespace ceir {
namespace fs = std::filesystem;
namespace {

bool starts_with(const std::string& s, const char* prefix) { return s.rfind(prefix, 0) == 0; }

// A config.json that Hugging Face's transformers wrote; timm's has an "architecture" and no model_type.
bool is_hugging_face(const fs::path& config) {
  if (!is_file(config)) return false;
  const Json json = Json::read(config.string());
  return json.is_object() && (json.has("model_type") || json.has("architectures") || json.has("vision_config") || json.has("text_config") || !json.has("architecture"));
}

bool any_safetensors(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().extension() == ".safetensors") return true;
  return false;
}

// open_clip's weights in a folder: by the names the hub has them under, else whatever WeightFiles finds there.
std::string open_clip_weights(const fs::path& folder) {
  for (const char* name : {"open_clip_model.safetensors", "open_clip_pytorch_model.safetensors"})
    if (is_file(folder / name)) return (folder / name).string();
  return folder.string();
}

// `file`: one .safetensors that was named, or empty: what lies in the folder. `prefer_open_clip`: where both layouts are there.
ModelSource in_folder(const std::string& folder_name, const std::string& file = "", bool prefer_open_clip = false) {
  const fs::path folder = folder_name;
  const fs::path config = folder / "config.json", open_clip = folder / "open_clip_config.json";
  const std::string weights = file.empty() ? folder_name : file;
  if (!file.empty()) {
    const fs::path own = fs::path(file).replace_extension(".json");   // ViT-B-32.safetensors beside open_clip's ViT-B-32.json
    if (is_file(own)) return {false, folder_name, file, own.string(), ConfigKind::open_clip};
    if (fs::path(file).filename().string().starts_with("open_clip") && is_file(open_clip)) return {false, folder_name, file, open_clip.string(), ConfigKind::open_clip};
  }
  const bool theirs = is_file(open_clip), ours = is_hugging_face(config);
  const bool weights_too = !file.empty() || !theirs || is_file(folder / "model.safetensors") || is_file(folder / "model.safetensors.index.json");
  if (ours && weights_too && !(theirs && prefer_open_clip)) return {false, folder_name, weights, config.string(), ConfigKind::hugging_face};
  if (theirs) return {false, folder_name, file.empty() ? open_clip_weights(folder) : file, open_clip.string(), ConfigKind::open_clip};
  if (!is_file(config) && file.empty() && !any_safetensors(folder))
    bad_input("{}: no config.json, no open_clip_config.json and no .safetensors; a model is a Hugging Face or open_clip folder, or the built-in 'nano'", folder_name);
  return {false, folder_name, weights, is_file(config) ? config.string() : "", ConfigKind::none};
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
  return in_folder(snapshot->folder, "", name.open_clip);
}

}  // namespace

ModelSource find_model(const std::string& model) {
  if (model.empty()) bad_input("the model's name is empty; give a folder, a hub name or 'nano'");
  if (model == "nano") return {true, "", "", "", ConfigKind::hugging_face};
  std::string name = model;
  const bool local = starts_with(name, "local-dir:"), hub = starts_with(name, "hf-hub:");
  if (local) name = name.substr(10);
  std::error_code ignored;
  if (!hub && fs::is_directory(name, ignored)) return in_folder(name);
  if (!hub && fs::exists(name, ignored)) {
    if (named_pickled(name)) refuse_pickled(name);
    if (fs::path(name).extension() != ".safetensors")
      bad_input("{}: not a model; expected a Hugging Face or open_clip folder, or a .safetensors with its configuration beside it", name);
    const fs::path parent = fs::path(name).parent_path();
    return in_folder(parent.empty() ? "." : parent.string(), name);
  }
  if (!local)
    if (const auto on_hub = parse_hub_name(name)) return in_hub_cache(model, *on_hub);
  const std::string meant = closest(model, {"nano"});
  bad_input("model '{}': no such file or folder{}", model, meant.empty() ? "; the built-in model is called 'nano'" : "; did you mean '" + meant + "'?");
}

}  // namespace ceir
