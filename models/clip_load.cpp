#include <algorithm>
#include <filesystem>
#include <set>

#include "kernels/base/closest.h"
#include "models/clip.h"
#include "models/model_source.h"
#include "models/text_transformer.h"
#include "models/vision_transformer.h"
#include "tensor/io/file.h"
#include "weights/embedded.h"
#include "weights/safetensors.h"
#include "weights/weight_files.h"

namespace ceir {
namespace {

// Counters and indices that lie among the weights and are none: integers, and position_ids whatever its type.
bool is_bookkeeping(const TensorInfo& info) {
  return info.dtype[0] == 'I' || info.dtype[0] == 'U' || info.dtype == "BOOL" || info.name.ends_with("position_ids");
}

int pillow_number(Filter f) {   // PIL.Image.Resampling
  switch (f) {
    case Filter::nearest: return 0;
    case Filter::lanczos: return 1;
    case Filter::bilinear: return 2;
    case Filter::bicubic: return 3;
    case Filter::box: return 4;
    case Filter::hamming: return 5;
  }
  return 3;
}

std::string hint(const std::string& name, const std::vector<std::string>& candidates) {
  const std::string meant = closest(name, candidates);
  return meant.empty() ? "" : fmt::format(" (closest: '{}')", meant);
}

std::string built_in_text(const std::string& name) {
  if (embedded_files().empty()) bad_input("this build of ceir has no built-in model; give a model folder");
  const auto bytes = embedded_file(name);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

// Names and shapes are checked for all tensors before the first is read.
void Clip::load_weights(const WeightFiles& files) {
  const ParameterSlots slots = this->slots();
  std::set<std::string> expected;
  std::vector<std::string> expected_names, extra, missing;
  for (const ParameterSlot& s : slots) {
    expected.insert(s.name);
    expected_names.push_back(s.name);
    if (!files.has(s.name)) missing.push_back(s.name);
  }
  for (const std::string& name : files.names())
    if (!expected.count(name) && !is_bookkeeping(files.info(name)) && name != "logit_scale") extra.push_back(name);
  const auto others = [](const std::vector<std::string>& list, const char* what) {
    return list.size() > 1 ? fmt::format(", and {} more are {}", list.size() - 1, what) : std::string();
  };
  if (!missing.empty())
    bad_input("{}: tensor '{}' is missing{}{}; is the config.json from another model?", files.path(), missing[0],
              hint(missing[0], extra.empty() ? files.names() : extra), others(missing, "missing"));
  if (!extra.empty())
    bad_input("{}: tensor '{}' has no place in this model{}{}; is the config.json from another model?", files.path(), extra[0],
              hint(extra[0], expected_names), others(extra, "unknown"));
  for (const ParameterSlot& s : slots) {
    const TensorInfo& info = files.info(s.name);
    if (info.dtype != "F32" && info.dtype != "F16" && info.dtype != "BF16" && info.dtype != "F64")
      bad_input("{}: tensor '{}' is of type {}, expected F32, F16, BF16 or F64", files.path(), s.name, info.dtype);
    if (!(info.shape == s.shape))
      bad_input("{}: tensor '{}' has shape {}, expected {}; is the config.json from another model?", files.path(), s.name, info.shape.str(),
                s.shape.str());
  }
  for (const ParameterSlot& s : slots) *s.tensor = files.load(s.name, s.shape, dtype_);
}

std::unique_ptr<Clip> Clip::open(const std::string& model, DType dtype) {
  const ModelSource source = find_model(model);
  const std::string where = source.built_in ? "the built-in model: config.json" : source.config;
  const Json json = source.built_in ? Json::parse(built_in_text("config.json"), where) : Json::read(source.config);
  std::unique_ptr<Clip> clip(new Clip(clip_config_from_json(json, where), dtype, model));
  clip->folder_ = source.folder;
  clip->built_in_ = source.built_in;
  if (clip->image_) {
    const ImageTowerConfig& image = *clip->config_.image;
    const std::string file = "preprocessor_config.json";
    clip->preprocess_ = source.built_in ? Preprocess::from_json(Json::parse(built_in_text(file), "the built-in model: " + file),
                                                                "the built-in model: " + file, static_cast<int>(image.image_size))
                                        : Preprocess::from_folder(source.folder);
    if (clip->preprocess_.size != image.image_size)
      bad_input("{}: its preprocessing makes pictures of {} pixels, but the model in config.json takes {}", source.folder,
                clip->preprocess_.size, image.image_size);
    if (image.channels != 3) bad_input("{}: the image tower takes {} channels; pictures have 3", where, image.channels);
  }
  clip->load_weights(source.built_in ? WeightFiles(std::make_shared<SafetensorsFile>(embedded_file("model.safetensors"), "the built-in model"))
                                     : WeightFiles(source.weights));
  clip->freeze();
  return clip;
}

std::shared_ptr<const Tokenizer> Clip::find_tokenizer() const {
  if (!text_) bad_input("{}: an image-only model has no text tower and no tokenizer", name_);
  if (!built_in_ && folder_.empty()) bad_input("{}: has no tokenizer", name_);
  if (!built_in_) return open_tokenizer(folder_);
  TokenizerFiles files;
  const std::vector<std::string>& names = tokenizer_file_names();
  for (const std::string& name : embedded_files())
    if (std::find(names.begin(), names.end(), name) != names.end()) files[name] = built_in_text(name);
  return open_tokenizer(files, "the built-in model");
}

const Tokenizer& Clip::tokenizer() const {
  const std::lock_guard lock(mutex_);
  if (!tokenizer_) {
    auto found = find_tokenizer();
    if (found->vocabulary_size() > config_.text->vocabulary)
      bad_input("{}: its tokenizer knows {} tokens, its text tower only {}; are the files of one model?", name_, found->vocabulary_size(),
                config_.text->vocabulary);
    tokenizer_ = std::move(found);
  }
  return *tokenizer_;
}

void Clip::set_tokenizer(std::shared_ptr<const Tokenizer> tokenizer) {
  const std::lock_guard lock(mutex_);
  tokenizer_ = std::move(tokenizer);
}

void Clip::save(const std::string& folder, DType weights_dtype, const std::vector<std::pair<std::string, std::string>>& other_files) const {
  if (!is_float(weights_dtype)) usage_error("weights are saved as f32, f16 or bf16, not as {}", ceir::name_of(weights_dtype));
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) bad_input("{}: cannot make the folder: {}", folder, error.message());
  write_file(folder + "/config.json", to_json(config_).dump(2) + "\n");
  if (image_) {
    const Preprocess& p = preprocess_;
    const auto three = [](const std::array<float, 3>& v) { return Json::array().push(static_cast<double>(v[0])).push(static_cast<double>(v[1])).push(static_cast<double>(v[2])); };
    Json j = Json::object();
    j.set("image_processor_type", "CLIPImageProcessor").set("do_convert_rgb", true).set("do_resize", p.resize);
    if (p.style == PreprocessStyle::openclip) j.set("ceir_style", "openclip");
    if (p.resize_longest) j.set("ceir_resize_mode", "longest");
    if (p.fill) j.set("ceir_fill", int64_t{p.fill});
    if (p.resize_shortest) j.set("size", Json::object().set("shortest_edge", p.shortest));
    else j.set("size", Json::object().set("height", p.shortest).set("width", p.shortest));
    j.set("resample", pillow_number(p.filter));
    j.set("do_center_crop", true).set("crop_size", Json::object().set("height", p.size).set("width", p.size));
    j.set("do_rescale", true).set("rescale_factor", p.rescale).set("do_normalize", true);
    j.set("image_mean", three(p.mean)).set("image_std", three(p.std));
    write_file(folder + "/preprocessor_config.json", j.dump(2) + "\n");
  }
  for (const auto& [name, bytes] : other_files) write_file(folder + "/" + name, bytes);
  NamedTensors tensors;
  for (const ParameterSlot& s : slots()) tensors.emplace_back(s.name, s.tensor->to(weights_dtype));
  write_safetensors(folder + "/model.safetensors", tensors, {{"format", "pt"}});
}

}  // namespace ceir
