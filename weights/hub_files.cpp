#include "weights/hub_files.h"

#include <algorithm>
#include <filesystem>

#include "kernels/base/error.h"
#include "tensor/io/file.h"
#include "tensor/io/json.h"
#include "tensor/io/utf8.h"
#include "weights/pickled.h"

namespace ceir {
namespace {

// Of a config.json: transformers' and others', but not timm's, which has an "architecture" and no model type. Whether it
// is a configuration at all is for whoever loads the model to say.
bool of_transformers(const std::string& config) {
  if (config.empty()) return false;
  try {
    const Json json = Json::parse(config, "config.json");
    return json.has("model_type") || json.has("architectures") || json.has("vision_config") || json.has("text_config") || !json.has("architecture");
  } catch (const Error&) {
    return true;
  }
}

bool training_state(const std::string& name) {  // lies beside weights and is none
  return name.starts_with("optimizer") || name.starts_with("scheduler") || name.starts_with("training_args") || name.starts_with("rng_state");
}

// The only file with one of these endings; "" when there are none or several.
std::string only_one(const std::set<std::string>& names, bool pickles) {
  std::string found;
  for (const std::string& name : names) {
    const bool fits = pickles ? named_pickled(name) && !training_state(name) : name.ends_with(".safetensors");
    if (!fits || !is_plain_file_name(name)) continue;
    if (!found.empty()) return "";
    found = name;
  }
  return found;
}

}  // namespace

const std::vector<std::string>& hub_small_files() {
  static const std::vector<std::string> names = {
      "config.json", "preprocessor_config.json", "open_clip_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
      "vocab.json", "merges.txt", "vocab.txt", "spiece.model",
  };
  return names;
}

bool is_plain_file_name(const std::string& name) {
  return !name.empty() && name.size() <= 255 && name != "." && name != ".." && is_utf8(name) &&
         std::none_of(name.begin(), name.end(), [](char c) { return c == '/' || c == '\\' || static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

WeightChoice choose_weights(const std::set<std::string>& names, const std::string& config, bool open_clip_first, const std::string& where) {
  const auto has = [&](const char* name) { return names.count(name) != 0; };
  const bool transformers = of_transformers(config) || !has("open_clip_config.json");
  WeightChoice c;
  const auto hugging_face = [&](bool pickled) {
    const char *single = pickled ? "pytorch_model.bin" : "model.safetensors", *index = pickled ? "pytorch_model.bin.index.json" : "model.safetensors.index.json";
    if (!transformers) return false;
    if (has(single)) c.files = {single};
    else if (has(index)) c.index = index;
    return !c.files.empty() || !c.index.empty();
  };
  const auto open_clip = [&](bool pickled) {
    if (!has("open_clip_config.json")) return false;
    for (const char* name : pickled ? std::vector<const char*>{"open_clip_pytorch_model.bin"}
                                    : std::vector<const char*>{"open_clip_model.safetensors", "open_clip_pytorch_model.safetensors"})
      if (has(name)) {
        c.files = {name};
        return true;
      }
    return false;
  };
  for (const bool pickled : {false, true}) {
    c.pickled = pickled;
    if (open_clip_first ? open_clip(pickled) || hugging_face(pickled) : hugging_face(pickled) || open_clip(pickled)) return c;
    if (const std::string one = only_one(names, pickled); !one.empty()) {
      c.files = {one};
      return c;
    }
  }
  bad_input("{}: holds no weights that can be read: neither safetensors nor a single PyTorch checkpoint", where);
}

std::vector<std::string> shards_of(const std::string& index_json, const std::string& where) {
  const Json json = Json::parse(index_json, where);
  std::set<std::string> shards;
  for (const auto& [tensor, file] : json.at("weight_map", where).as_object(where + ": weight_map")) {
    const std::string& name = file.as_string(where + ": weight_map");
    if (!is_plain_file_name(name)) bad_input("{}: names the shard '{}'; shards must lie beside the index, by their plain file name", where, printable(name));
    shards.insert(name);
  }
  if (shards.empty()) bad_input("{}: its weight_map is empty", where);
  return {shards.begin(), shards.end()};
}

std::string missing_in_snapshot(const std::string& folder, bool open_clip_first, WeightChoice* choice) {
  std::set<std::string> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
    if (entry.is_regular_file(ignored)) names.insert(entry.path().filename().string());  // links whose blob is missing are not
  try {
    WeightChoice c = choose_weights(names, names.count("config.json") ? read_text_file(folder + "/config.json") : "", open_clip_first, folder);
    if (!c.index.empty()) c.files = shards_of(read_text_file(folder + "/" + c.index), folder + "/" + c.index);
    for (const std::string& name : c.files)
      if (!names.count(name)) return name + " is missing";
    if (choice) *choice = c;
    return "";
  } catch (const Error& e) {
    return e.what();
  }
}

}  // namespace ceir
