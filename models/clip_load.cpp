#include <algorithm>
#include <atomic>
#include <filesystem>
#include <system_error>
#include <thread>

#include "kernels/launch/compute.h"
#include "models/clip.h"
#include "models/clip_files.h"
#include "models/convert.h"
#include "models/image_tower.h"
#include "models/tensor_check.h"
#include "models/text_transformer.h"
#include "tensor/io/file.h"
#include "tensor/tape.h"
#include "weights/embedded.h"
#include "weights/name_map.h"
#include "weights/safetensors.h"
#include "weights/weight_files.h"

namespace ceir {
namespace {

std::span<const std::byte> built_in_bytes(const std::string& name) {
  if (embedded_files().empty()) bad_input("this build of ceir has no built-in model; give a model folder");
  return embedded_file(name);
}

std::string built_in_text(const std::string& name) {
  const auto bytes = built_in_bytes(name);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

struct Clip::Unread {
  WeightFiles source;
  std::vector<StoredAs> stored;   // of each slot
  std::vector<char> done;         // of each slot: it has been read
};

Clip::~Clip() = default;

namespace {

// Asks for tensors one after the other while they are packed, so that the disk is never idle: a mapped page alone would be
// fetched when it is touched.
class ReadAhead {
 public:
  ReadAhead(const WeightFiles& source, std::vector<std::string> names) {
    try {
      thread_ = std::thread([this, &source, names = std::move(names)] {
        for (const std::string& name : names) {
          if (stop_.load(std::memory_order_relaxed)) return;
          source.read_ahead(name);
        }
      });
    } catch (const std::system_error&) {   // no thread to be had: slower from a cold disk, nothing else
    }
  }
  ~ReadAhead() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace

// Names and shapes are checked for all tensors before the first is read. The scalars are read at once.
void Clip::check_weights(WeightFiles source) {
  std::vector<StoredAs> stored = place_tensors(source, tensors_of(config_));
  std::vector<char> done(stored.size(), 0);
  unread_ = std::make_unique<Unread>(Unread{std::move(source), std::move(stored), std::move(done)});
  image_read_ = !image_;
  text_read_ = !text_;
  const size_t towers = (text_ ? text_->slots().size() : 0) + (image_ ? image_->slots().size() : 0);
  load(0, unread_->stored.size() - towers);
}

// Each tensor is read, packed and forgotten in turn: beside the model itself one of them lies in memory at a time.
void Clip::load(size_t begin, size_t end) const {
  const NoTape none;
  const ComputeOn here(Device::cpu);   // wherever the first use is
  const ParameterSlots slots = this->slots();
  Unread& unread = *unread_;
  std::vector<std::string> names;
  for (size_t i = begin; i < end; i++) names.push_back(unread.stored[i].name);
  {
    const ReadAhead ahead(unread.source, std::move(names));
    for (size_t i = begin; i < end; i++) {
      if (unread.done[i]) continue;
      const ParameterSlot& s = slots[i];
      const StoredAs& stored = unread.stored[i];
      unread.source.map(stored.name);
      const Tensor whole = unread.source.stored(stored.name);
      stored_as_[s.name] = whole.dtype();
      const Tensor part = stored.shape.rank() == whole.rank() ? part_of(whole, stored) : whole;
      *s.tensor = part.to(dtype_);
      if (s.layer) s.layer->release();
      else *s.tensor = s.tensor->clone().reshaped(s.shape);   // in memory of its own: the file may change and go
      unread.source.forget(stored.name);
      unread.done[i] = 1;
    }
  }
  if (std::find(unread.done.begin(), unread.done.end(), 0) == unread.done.end()) unread_.reset();
}

void Clip::load_image() const {
  if (image_read_.load(std::memory_order_acquire)) return;
  const std::lock_guard lock(load_mutex_);
  if (image_read_) return;
  const size_t all = unread_->stored.size();
  load(all - image_->slots().size(), all);
  image_read_.store(true, std::memory_order_release);
}

void Clip::load_text() const {
  if (text_read_.load(std::memory_order_acquire)) return;
  const std::lock_guard lock(load_mutex_);
  if (text_read_) return;
  const size_t end = unread_->stored.size() - (image_ ? image_->slots().size() : 0);
  load(end - text_->slots().size(), end);
  text_read_.store(true, std::memory_order_release);
}

void Clip::load_all() const {
  load_text();
  load_image();
}

std::unique_ptr<Clip> Clip::open(const WeightFiles& weights, const ClipConfig& config, const std::string& name, DType dtype) {
  std::unique_ptr<Clip> clip(new Clip(config, dtype, name));
  clip->check_weights(weights);
  clip->load_all();
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
  if (!source.built_in) check_against_known(model, config, preprocess, source.config.empty() ? source.folder : source.config, source.kind == ConfigKind::open_clip);
  std::unique_ptr<Clip> clip(new Clip(config, dtype, model));
  clip->check_weights(weights);
  clip->frozen_ = true;
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
  load_all();
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
