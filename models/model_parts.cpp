#include "models/model_parts.h"

#include <algorithm>
#include <filesystem>

#include "kernels/base/error.h"
#include "models/clip_files.h"
#include "models/model_source.h"
#include "tensor/io/json.h"
#include "weights/embedded.h"
#include "weights/weight_files.h"

namespace ceir {
namespace {

namespace fs = std::filesystem;

// The folder of a model; empty: built in.
std::string folder_of(const std::string& model) {
  std::error_code ignored;
  if (fs::is_directory(model, ignored)) return model;
  const ModelSource source = find_model(model);
  return source.built_in ? "" : source.folder;
}

std::string built_in(const std::string& name) {
  if (embedded_files().empty()) bad_input("this build of ceir has no built-in model; give a model folder");
  const auto bytes = embedded_file(name);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

const std::string built_in_where = "the built-in model: ";

const Json* section(const Json& json, const char* key) {
  const Json* v = json.find(key);
  return v && v->is_object() ? v : nullptr;
}

int64_t checked_context(int64_t n, const std::string& where) {
  if (n < 1 || n > 1 << 16) bad_input("{} is {}, expected 1 to {}", where, n, 1 << 16);
  return n;
}

int64_t context_of_config(const Json& config, const std::string& where) {
  const std::string type = config.get("model_type", "", where + ": model_type");
  const Json* text = section(config, "text_config");
  return checked_context((text ? *text : config).get("max_position_embeddings", int64_t{type.starts_with("siglip") ? 64 : 77}, where), where + ": max_position_embeddings");
}

}  // namespace

Preprocess preprocess_of_model(const std::string& model) {
  std::error_code ignored;
  const auto has = [&](const char* name) { return fs::exists(fs::path(model) / name, ignored); };
  if (fs::is_directory(model, ignored) && !has("preprocessor_config.json") && !has("open_clip_config.json"))
    if (const ModelSource source = find_model(model); source.kind == ConfigKind::none) {   // a ResNet: its tensors say the rest
      const WeightFiles weights(source.weights);
      return read_preprocess(source, read_config(source, weights));
    }
  if (const std::string folder = folder_of(model); !folder.empty()) return Preprocess::from_folder(folder);
  const std::string file = "preprocessor_config.json", where = built_in_where + file;
  return Preprocess::from_json(Json::parse(built_in(file), where), where, 0);
}

std::unique_ptr<Tokenizer> tokenizer_of_model(const std::string& model, std::optional<TextForm> form) {
  std::error_code ignored;
  if (!form && !fs::is_directory(model, ignored) && find_model(model).kind == ConfigKind::open_clip) form = TextForm::openai;
  if (const std::string folder = folder_of(model); !folder.empty()) return open_tokenizer(folder, form);
  TokenizerFiles files;
  const std::vector<std::string>& names = tokenizer_file_names();
  for (const std::string& name : embedded_files())
    if (std::ranges::find(names, name) != names.end()) files[name] = built_in(name);
  return open_tokenizer(files, "the built-in model", form);
}

int64_t context_of_model(const std::string& model) {
  const std::string folder = folder_of(model), config = folder + "/config.json", open_clip = folder + "/open_clip_config.json";
  if (folder.empty()) return context_of_config(Json::parse(built_in("config.json"), built_in_where + "config.json"), built_in_where + "config.json");
  std::error_code ignored;
  if (fs::is_regular_file(config, ignored)) return context_of_config(Json::read(config), config);
  if (!fs::is_regular_file(open_clip, ignored)) bad_input("{}: neither config.json nor open_clip_config.json says how long its texts are", folder);
  const Json json = Json::read(open_clip);
  const Json* model_cfg = section(json, "model_cfg");
  const Json* text = model_cfg ? section(*model_cfg, "text_cfg") : nullptr;
  return text ? checked_context(text->get("context_length", int64_t{77}, open_clip), open_clip + ": context_length") : 77;
}

}  // namespace ceir
