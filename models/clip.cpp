#include "models/clip.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "kernels/base/checked.h"
#include "kernels/base/random.h"
#include "kernels/base/threads.h"
#include "kernels/launch/compute.h"
#include "kernels/normal/normal.h"
#include "models/clip_files.h"
#include "models/image_tower.h"
#include "models/text_transformer.h"
#include "tensor/io/sha256.h"
#include "tensor/ops/elementwise.h"
#include "tensor/ops/shape.h"
#include "tensor/ops/unary.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

// Images that one worker carries through all layers together: each pass over the weights then serves two of them, while
// their activations still fit the cache of a core.
constexpr int64_t images_per_worker = 2;
// Tokens of equal-length texts that one worker carries together.
constexpr int64_t tokens_per_worker = 256;

// Calls body(begin, end) over [0, n): each worker its own range with single-threaded kernels when there is work for all
// of them, else one range after another over all threads. Rows do not depend on their neighbours: same bits either way.
template <class Body>
void over_workers(int64_t n, int64_t grain, const Body& body) {
  if (compute_device() == Device::cuda) return body(0, n);   // one queue
  const int64_t threads = inside_parallel() ? 1 : thread_count();
  if (threads > 1 && ceil_div(n, grain) < threads) grain = std::max<int64_t>(1, n / threads);
  if (ceil_div(n, grain) < threads) {
    for (int64_t i = 0; i < n; i += grain) body(i, std::min(n, i + grain));
    return;
  }
  parallel_for(n, grain, [&](int64_t begin, int64_t end) {
    const NoTape none;
    const SingleThread single;
    body(begin, end);
  });
}

void copy_rows(const Tensor& from, Tensor& to, int64_t begin) {
  Tensor target = to.rows(begin, begin + from.dim(0));
  target.copy_from(from);
}

}  // namespace

Clip::Clip(const ClipConfig& config, DType dtype, std::string name) : config_(config), dtype_(dtype), name_(std::move(name)) {
  if (dtype != DType::f32 && dtype != DType::f64)
    usage_error("a CLIP is computed in f32 or f64, not in {}", ceir::name_of(dtype));
  check_clip_config(config, name_);
  if (config.image) {
    image_ = make_image_tower(*config.image, config.projection);
    preprocess_ = default_preprocess(*config.image);
  }
  if (config.text) text_ = std::make_unique<TextTransformer>(*config.text, config.projection);
}

ParameterSlots Clip::slots() const {
  ParameterSlots list;
  const Shape scalar = config_.is_siglip() ? Shape{1} : Shape{};
  if (image_ && text_)
    list.push_back({"logit_scale", const_cast<Tensor*>(&logit_scale_), scalar, Initial::constant(config_.logit_scale_init)});
  if (image_ && text_ && config_.logit_bias_init)
    list.push_back({"logit_bias", const_cast<Tensor*>(&logit_bias_), scalar, Initial::constant(*config_.logit_bias_init)});
  if (text_)
    for (auto& slot : text_->slots()) list.push_back(slot);
  if (image_)
    for (auto& slot : image_->slots()) list.push_back(slot);
  return list;
}

std::vector<std::pair<std::string, Shape>> Clip::tensors_of(const ClipConfig& config) {
  const Clip clip(config, DType::f32, "a model");   // nothing is allocated before weights are loaded or drawn
  std::vector<std::pair<std::string, Shape>> list;
  for (const ParameterSlot& s : clip.slots()) list.emplace_back(s.name, s.shape);
  return list;
}

std::unique_ptr<Clip> Clip::create(const ClipConfig& config, uint64_t seed, DType dtype) {
  std::unique_ptr<Clip> clip(new Clip(config, dtype, "a new model"));
  const ParameterSlots slots = clip->slots();
  for (const ParameterSlot& s : slots) *s.tensor = Tensor::full(s.shape, s.initial.value, dtype);
  parallel_for(static_cast<int64_t>(slots.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const ParameterSlot& s = slots[static_cast<size_t>(i)];
      if (s.initial.std == 0) continue;
      const Random random(seed, "clip." + s.name);   // a stream per tensor: another layer shifts nobody's numbers
      Tensor drawn = dtype == DType::f32 ? *s.tensor : Tensor::empty(s.shape);
      float* values = drawn.data<float>();
      fill_normal(random, values, drawn.numel());
      for (int64_t k = 0; k < drawn.numel(); k++) values[k] = static_cast<float>(s.initial.std * static_cast<double>(values[k]));
      if (dtype != DType::f32) s.tensor->copy_from(drawn);
    }
  });
  return clip;
}

const Preprocess& Clip::preprocess() const {
  if (!image_) bad_input("{}: a text-only model has no image tower", name_);
  return preprocess_;
}

Tensor Clip::image_features(const Tensor& pixels, const Trace* trace) const {
  if (!image_) bad_input("{}: a text-only model has no image tower, so it cannot embed images", name_);
  const ImageTowerConfig& c = *config_.image;
  if (pixels.rank() != 4 || pixels.dim(1) != c.channels || pixels.dim(2) != c.image_size || pixels.dim(3) != c.image_size)
    bad_input("{}: pixels of shape {}, this model takes (N, {}, {}, {})", name_, pixels.shape().str(), c.channels, c.image_size, c.image_size);
  load_image();
  const ComputeOn scope(device_);
  const Tensor x = pixels.to(dtype_).on(device_);
  if (device_ == Device::cuda) {
    if (trace && x.dim(0) > 0) image_->forward(x.rows(0, 1), trace);
    return image_->forward(x, nullptr).on(pixels.device());
  }
  if (recording()) return image_->forward(x, trace);
  if (trace && x.dim(0) > 0) image_->forward(x.rows(0, 1), trace);
  Tensor features = Tensor::empty({x.dim(0), config_.projection}, dtype_);   // (B, D)
  over_workers(x.dim(0), images_per_worker, [&](int64_t begin, int64_t end) { copy_rows(image_->forward(x.rows(begin, end)), features, begin); });
  return features;
}

namespace {

// Ids as the model sees them: at most `context`, the end token kept last.
std::vector<int64_t> cut(std::vector<int64_t> ids, int64_t context) {
  if (static_cast<int64_t>(ids.size()) <= context) return ids;
  const int64_t end = ids.back();
  ids.resize(static_cast<size_t>(context));
  ids.back() = end;
  return ids;
}

int64_t padding(const TextTowerConfig& c) { return std::min(c.pad_token_id, c.vocabulary - 1); }

}  // namespace

Tensor Clip::text_features(const std::vector<std::vector<int64_t>>& texts, const Trace* trace) const {
  if (!text_) bad_input("{}: an image-only model has no text tower, so it cannot embed texts", name_);
  const TextTowerConfig& c = *config_.text;
  std::vector<std::vector<int64_t>> ids;
  std::vector<int64_t> end;
  int64_t longest = 0;
  for (size_t i = 0; i < texts.size(); i++) {
    if (texts[i].empty()) bad_input("{}: text {} has no token ids, not even a start and an end", name_, i);
    for (const int64_t id : texts[i])
      if (id < 0 || id >= c.vocabulary)
        bad_input("{}: text {} holds the token id {}, outside this model's vocabulary of {}; was it tokenized for another model?", name_, i, id, c.vocabulary);
    ids.push_back(cut(texts[i], c.context));
    if (c.kind == TextTowerKind::siglip) {
      end.push_back(c.context - 1);
      ids.back().resize(static_cast<size_t>(c.context), padding(c));
    } else {
      end.push_back(text_->end_position(ids.back()));
      ids.back().resize(static_cast<size_t>(end.back() + 1));   // causal: what follows changes nothing
    }
    longest = std::max(longest, end.back() + 1);
  }
  const int64_t n = static_cast<int64_t>(texts.size());
  if (n == 0) return Tensor::empty({0, config_.projection}, dtype_);
  load_text();
  const ComputeOn scope(device_);

  if (recording()) {   // one padded batch: a training step is one graph
    std::vector<int64_t> padded(static_cast<size_t>(n * longest), padding(c));
    for (int64_t i = 0; i < n; i++) std::copy(ids[static_cast<size_t>(i)].begin(), ids[static_cast<size_t>(i)].end(), padded.begin() + i * longest);
    return text_->forward(Tensor::from(padded, {n, longest}), end, trace);
  }

  const auto forward = [&](const std::vector<size_t>& group, const Trace* t) {   // texts of one length
    const int64_t length = end[group[0]] + 1;
    std::vector<int64_t> flat, last(group.size(), length - 1);
    for (const size_t i : group) flat.insert(flat.end(), ids[i].begin(), ids[i].end());
    return text_->forward(Tensor::from(flat, {static_cast<int64_t>(group.size()), length}), last, t);
  };
  if (trace) forward({0}, trace);

  std::map<int64_t, std::vector<size_t>> by_length;
  for (size_t i = 0; i < ids.size(); i++) by_length[end[i]].push_back(i);
  std::vector<std::vector<size_t>> groups;
  for (const auto& [last, members] : by_length) {
    const size_t most = static_cast<size_t>(std::max<int64_t>(1, tokens_per_worker / (last + 1)));
    for (size_t k = 0; k < members.size(); k += most)
      groups.emplace_back(members.begin() + static_cast<std::ptrdiff_t>(k), members.begin() + static_cast<std::ptrdiff_t>(std::min(members.size(), k + most)));
  }
  Tensor features = Tensor::empty({n, config_.projection}, dtype_, Device::cpu);   // (M, D)
  over_workers(static_cast<int64_t>(groups.size()), 1, [&](int64_t begin, int64_t stop) {
    for (int64_t g = begin; g < stop; g++) {
      const auto& group = groups[static_cast<size_t>(g)];
      const Tensor y = forward(group, nullptr).on(Device::cpu);
      for (size_t k = 0; k < group.size(); k++)
        copy_rows(y.rows(static_cast<int64_t>(k), static_cast<int64_t>(k) + 1), features, static_cast<int64_t>(group[k]));
    }
  });
  return features;
}

double Clip::logit_scale_factor() const { return std::exp(logit_scale_.defined() ? logit_scale_.item() : config_.logit_scale_init); }

double Clip::logit_bias() const { return logit_bias_.defined() ? logit_bias_.item() : config_.logit_bias_init.value_or(0); }

Tensor Clip::logits(const Tensor& images, const Tensor& texts) const {
  const Tensor scaled = zero_shot_scores(images, texts, logit_scale_factor(), false);
  return has_logit_bias() ? shift(scaled, logit_bias()) : scaled;
}

Tensor Clip::probabilities(const Tensor& images, const Tensor& texts) const {
  return has_logit_bias() ? sigmoid(logits(images, texts)) : zero_shot_scores(images, texts, logit_scale_factor(), true);
}

Parameters Clip::parameters() {
  load_all();
  Parameters list;
  for (const ParameterSlot& s : slots()) {
    if (s.layer) s.layer->thaw();
    list.emplace_back(s.name, s.tensor);
  }
  const std::lock_guard lock(mutex_);
  hash_.clear();
  return list;
}

void Clip::move_to(Device device) const {
  if (device == device_) return;
  if (dtype_ != DType::f32) usage_error("{}: a device computes in f32; use --device cpu for {}", name_, ceir::name_of(dtype_));
  load_all();
  const std::lock_guard lock(mutex_);
  if (device == device_) return;
  for (const ParameterSlot& s : slots()) {
    if (s.layer) s.layer->thaw();
    *s.tensor = s.tensor->on(device);
  }
  device_ = device;
}

void Clip::freeze() {
  load_all();
  if (image_) image_->freeze();
  if (text_) text_->freeze();
  frozen_ = true;
  const std::lock_guard lock(mutex_);
  hash_.clear();
}

std::string Clip::content_hash() const {
  const std::lock_guard lock(mutex_);
  if (!hash_.empty()) return hash_;
  load_all();
  Sha256 sha;
  sha.update(config_json(config_).dump());
  if (image_) {
    const Preprocess& p = preprocess_;
    sha.update(fmt::format("{} {} {} {} {} {}", static_cast<int>(p.style), p.size, p.resize, p.resize_shortest, p.shortest, static_cast<int>(p.filter)));
    for (size_t i = 0; i < 3; i++) sha.update(&p.mean[i], sizeof(float)).update(&p.std[i], sizeof(float));
    if (p.resize_longest || p.fill) sha.update(fmt::format("longest {} fill {}", p.resize_longest, p.fill));
    sha.update(&p.rescale, sizeof p.rescale).update(p.exif ? "exif" : "");
  }
  const ParameterSlots slots = this->slots();
  std::vector<std::string> hashes(slots.size());
  constexpr size_t at_once = 4;   // tensors out of their panels at the same time
  parallel_for(at_once, 1, [&](int64_t begin, int64_t) {
    for (size_t i = static_cast<size_t>(begin); i < slots.size(); i += at_once) {
      const Tensor t = slots[i].value().on(Device::cpu).contiguous();
      hashes[i] = Sha256().update(ceir::name_of(t.dtype())).update(t.bytes_begin(), static_cast<size_t>(t.bytes())).hex();
    }
  });
  for (size_t i = 0; i < slots.size(); i++) sha.update(slots[i].name).update(slots[i].shape.str()).update(hashes[i]);
  return hash_ = sha.hex();
}

}  // namespace ceir
