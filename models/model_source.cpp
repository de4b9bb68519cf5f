#include "models/model_source.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "kernels/base/closest.h"
#include "kernels/base/error.h"
#include "tensor/io/file.h"
#include "weights/pickled.h"

namespace ceir {
namespace fs = std::filesystem;
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

bool starts_with(const std::string& s, const char* prefix) { return s.rfind(prefix, 0) == 0; }

// Exactly one slash, and only characters that the hub allows in names: no path can hide in it.
bool is_hub_name(const std::string& s) {
  const bool allowed = std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '/';
  });
  const size_t slash = s.find('/');
  return allowed && slash != std::string::npos && slash > 0 && slash + 1 < s.size() && s.find('/', slash + 1) == std::string::npos &&
         s[0] != '.' && s[slash + 1] != '.';
}

bool is_revision(const std::string& s) {
  return !s.empty() && s[0] != '.' && s.size() < 200 && s.find("..") == std::string::npos && std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

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

// models--org--name/snapshots/REVISION; the revision is what refs/main holds, or the one asked for.
ModelSource in_hub_cache(const std::string& name, std::string revision) {
  const fs::path cache = hub_cache_folder();
  std::string flat = "models--" + name;
  flat.replace(flat.find('/'), 1, "--");
  const fs::path base = cache / flat;
  std::error_code ignored;
  const auto absent = [&](const std::string& why) {
    fail(ErrorKind::network, "model '{}': {} (looked in {}); fetch it with `ceir download {}` or give a folder", name, why, base.string(), name);
  };
  if (!fs::is_directory(base, ignored)) absent("not in the hub cache, and no such file or folder");
  if (revision.empty()) revision = "main";
  if (!is_revision(revision)) bad_input("model '{}': '{}' is not a revision", name, revision);
  if (const fs::path ref = base / "refs" / revision; fs::is_regular_file(ref, ignored)) {
    revision = read_text_file(ref.string(), 1 << 12);
    while (!revision.empty() && (revision.back() == '\n' || revision.back() == '\r' || revision.back() == ' ')) revision.pop_back();
    if (!is_revision(revision)) bad_input("{}: does not hold a revision; delete it and fetch the model again", ref.string());
  }
  const fs::path folder = base / "snapshots" / revision;
  if (!fs::is_directory(folder, ignored)) absent(fmt::format("revision '{}' is not in the hub cache", revision));
  return in_folder(folder.string(), folder.string());
}

}  // namespace

std::string hub_cache_folder() {
  if (const std::string s = environment("HF_HUB_CACHE"); !s.empty()) return s;
  if (const std::string s = environment("HF_HOME"); !s.empty()) return s + "/hub";
  if (const std::string s = environment("XDG_CACHE_HOME"); !s.empty()) return s + "/huggingface/hub";
  return environment("HOME") + "/.cache/huggingface/hub";
}

ModelSource find_model(const std::string& model) {
  if (model.empty()) bad_input("the model's name is empty; give a folder, a hub name or 'nano'");
  if (model == "nano") return {true, "", "", ""};
  std::string name = model;
  const bool local = starts_with(name, "local-dir:"), hub = starts_with(name, "hf-hub:");
  if (local) name = name.substr(10);
  if (hub) name = name.substr(7);
  std::error_code ignored;
  if (!hub && fs::is_directory(name, ignored)) return in_folder(name, name);
  if (!hub && fs::exists(name, ignored)) {
    if (named_pickled(name)) refuse_pickled(name);
    if (fs::path(name).extension() != ".safetensors")
      bad_input("{}: not a model; expected a Hugging Face folder or a .safetensors with its config.json beside it", name);
    const fs::path parent = fs::path(name).parent_path();
    return in_folder(parent.empty() ? "." : parent.string(), name);
  }
  std::string revision;
  if (const size_t at = name.find('@'); at != std::string::npos) {
    revision = name.substr(at + 1);
    name.resize(at);
  }
  if (!local && is_hub_name(name)) return in_hub_cache(name, revision);
  const std::string meant = closest(model, {"nano"});
  bad_input("model '{}': no such file or folder{}", model, meant.empty() ? "; the built-in model is called 'nano'" : "; did you mean '" + meant + "'?");
}

}  // namespace ceir
