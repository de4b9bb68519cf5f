#include <algorithm>
#include <filesystem>
#include <set>

#include "kernels/base/closest.h"
#include "models/clip.h"
#include "models/clip_files.h"
#include "models/image_tower.h"
#include "models/text_transformer.h"
#include "tensor/io/file.h"
#include "weights/embedded.h"
#include "weights/name_map.h"
#include "weights/safetensors.h"
#include "weights/weight_files.h"

namespace ceir {
namespace {

// Counters and indices that lie among the weights and are none: integers, and position_ids whatever its type.
bool is_bookkeeping(const TensorInfo& info) {
  return info.dtype[0] == 'I' || info.dtype[0] == 'U' || info.dtype == "BOOL" || info.name.ends_with("position_ids");
}

std::string hint(const std::string& name, const std::vector<std::string>& candidates) {
  const std::string meant = closest(name, candidates);
  return meant.empty() ? "" : fmt::format(" (closest: '{}')", meant);
}

// Counterparts of a tower that is not part of this model, or a supervised network's classifier.
bool is_unused(const std::string& name) { return name == "logit_scale" || name == "logit_bias" || name == "fc.weight" || name == "fc.bias"; }

std::span<const std::byte> built_in_bytes(const std::string& name) {
  if (embedded_files().empty()) bad_input("this build of ceir has no built-in model; give a model folder");
  return embedded_file(name);
}

std::string built_in_text(const std::string& name) {
  const auto bytes = built_in_bytes(name);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

// Names and shapes are checked for all tensors before the first is read. Then each is read, packed and forgotten in turn:
// beside the model itself one tensor lies in memory at a time.
void Clip::load_weights(const WeightFiles& source) {
  const ParameterSlots slots = this->slots();
  const NameMap map = name_map_of(source);
  std::set<std::string> expected;
  std::vector<std::string> expected_names, extra, missing;
  std::vector<StoredAs> stored;
  for (const ParameterSlot& s : slots) {
    stored.push_back(stored_as(s.name, s.shape, map));
    const std::string& name = stored.back().name;
    if (!expected.insert(name).second) continue;   // another part of the same
    expected_names.push_back(name);
    if (!source.has(name)) missing.push_back(name);
  }
  for (const std::string& name : source.names())
    if (!expected.count(name) && !is_bookkeeping(source.info(name)) && !is_unused(name)) extra.push_back(name);
  const auto others = [](const std::vector<std::string>& list, const char* what) {
    return list.size() > 1 ? fmt::format(", and {} more are {}", list.size() - 1, what) : std::string();
  };
  if (!missing.empty())
    bad_input("{}: tensor '{}' is missing{}{}; is the configuration from another model?", source.path(), missing[0],
              hint(missing[0], extra.empty() ? source.names() : extra), others(missing, "missing"));
  if (!extra.empty())
    bad_input("{}: tensor '{}' has no place in this model{}{}; is the configuration from another model?", source.path(), extra[0],
              hint(extra[0], expected_names), others(extra, "unknown"));
  for (const StoredAs& s : stored) {
    const TensorInfo& info = source.info(s.name);
    if (info.dtype != "F32" && info.dtype != "F16" && info.dtype != "BF16" && info.dtype != "F64")
      bad_input("{}: tensor '{}' is of type {}, expected F32, F16, BF16 or F64", source.path(), s.name, info.dtype);
    const bool both_one = info.shape.numel() == 1 && s.shape.numel() == 1;   // (1) and () are the same number
    if (!(info.shape == s.shape) && !both_one)
      bad_input("{}: tensor '{}' has shape {}, expected {}; is the configuration from another model?", source.path(), s.name, info.shape.str(),
                s.shape.str());
  }
  const NoTape none;
  for (size_t i = 0; i < slots.size(); i++) {
    const ParameterSlot& s = slots[i];
    const Tensor whole = source.stored(stored[i].name);
    stored_as_[s.name] = whole.dtype();
    const Tensor part = stored[i].shape.rank() == whole.rank() ? part_of(whole, stored[i]) : whole;
    *s.tensor = part.to(dtype_);
    if (s.layer) s.layer->release();
    // What is left of it lies in memory of its own: the file may change and go.
    if (s.tensor->defined()) *s.tensor = s.tensor->clone().reshaped(s.shape);
    source.forget(stored[i].name);
  }
}

std::unique_ptr<Clip> Clip::open(const WeightFiles& weights, const ClipConfig& config, const std::string& name, DType dtype) {
  std::unique_ptr<Clip> clip(new Clip(config, dtype, name));
  clip->load_weights(weights);
  clip->frozen_ = true;
  return clip;
}

std::unique_ptr<Clip> Clip::open(const std::string& model, DType dtype) {
  const ModelSource source = find_model(model);
  const WeightFiles weights = source.built_in ? WeightFiles(std::make_shared<SafetensorsFile>(built_in_bytes("model.safetensors"), "the built-in model"))
                                              : WeightFiles(source.weights);
  const ClipConfig config = read_config(source, weights);
  std::optional<Preprocess> preprocess;   // read first: loading takes longer
  if (config.image) preprocess = read_preprocess(source, config);
  std::unique_ptr<Clip> clip = open(weights, config, model, dtype);
  if (preprocess) clip->preprocess_ = *preprocess;
  clip->folder_ = source.folder;
  clip->built_in_ = source.built_in;
  if (source.kind == ConfigKind::open_clip) clip->text_form_ = TextForm::openai;
  return clip;
}

std::shared_ptr<const Tokenizer> Clip::find_tokenizer() const {
  if (!text_) bad_input("{}: an image-only model has no text tower and no tokenizer", name_);
  if (!built_in_ && folder_.empty()) bad_input("{}: has no tokenizer", name_);
  if (!built_in_) return open_tokenizer(folder_, text_form_);
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

void Clip::save(const std::string& folder, std::optional<DType> weights_dtype, const std::vector<std::pair<std::string, std::string>>& other_files) const {
  if (weights_dtype && !is_float(*weights_dtype)) usage_error("weights are saved as f32, f16 or bf16, not as {}", ceir::name_of(*weights_dtype));
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) bad_input("{}: cannot make the folder: {}", folder, error.message());
  for (const auto& [name, content] : config_files(config_, preprocess_)) write_file(folder + "/" + name, content);
  for (const auto& [name, bytes] : other_files) write_file(folder + "/" + name, bytes);
  NamedTensors tensors;
  for (const ParameterSlot& s : slots()) {
    const auto stored = stored_as_.find(s.name);
    const DType as_it_was = stored == stored_as_.end() ? dtype_ : stored->second;
    tensors.emplace_back(s.name, s.value().to(weights_dtype.value_or(as_it_was)));
  }
  const NameMap map{config_.has_hugging_face_class() || !text_ ? WeightLayout::hugging_face : WeightLayout::open_clip};
  write_safetensors(folder + "/" + weights_file_name(config_), as_stored(tensors, map), {{"format", "pt"}});
}

}  // namespace ceir
