#include "models/clip_training.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "kernels/base/interrupt.h"
#include "kernels/base/portable_math.h"
#include "kernels/base/random.h"
#include "kernels/base/threads.h"
#include "kernels/launch/compute.h"
#include "models/clip_step.h"
#include "models/loss_curve.h"
#include "nn/adam.h"
#include "tensor/io/file.h"
#include "tensor/io/sha256.h"
#include "tensor/ops/elementwise.h"
#include "tensor/ops/reduce.h"

namespace ceir {
namespace {

constexpr int64_t unknown_id = 0, pad_id = 1, start_id = 2, end_id = 3;  // as train_sentencepiece numbers them

ClipConfig model_config(const ClipTrainingOptions& o, int64_t vocabulary) {
  ClipConfig c;
  c.image = ImageTowerConfig{{o.image_width, o.image_layers, o.image_heads, 4 * o.image_width, Unary::quick_gelu, 1e-5}, o.image_size, o.patch_size, 3};
  c.text = TextTowerConfig{{o.text_width, o.text_layers, o.text_heads, 4 * o.text_width, Unary::quick_gelu, 1e-5}, vocabulary, o.context, start_id, end_id, pad_id};
  c.projection = o.projection;
  return c;
}

// What the tokenizer will see of a text (SigLIP's clean-up): a vocabulary for punctuation would be wasted.
std::string plain_text(const std::string& caption) {
  std::string text;
  for (const char c : caption) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 128 && std::ispunct(u)) continue;
    text += u < 128 ? static_cast<char>(std::tolower(u)) : c;
  }
  return text;
}

std::string learn_vocabulary(const CaptionedPictures& data, const ClipTrainingOptions& o) {
  const int64_t n = std::min(o.vocabulary_captions, data.size());
  std::vector<std::string> lines(static_cast<size_t>(n));
  parallel_for(n, 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) lines[static_cast<size_t>(i)] = plain_text(data.caption(i * (data.size() / n)));
  });
  return train_sentencepiece(lines, o.vocabulary);
}

// Files from which transformers and ours read the same ids: SigLIP's tokenizer, end token </s>.
std::vector<std::pair<std::string, std::string>> tokenizer_files(std::string spiece, int64_t context) {
  Json config = Json::object();
  config.set("tokenizer_class", "SiglipTokenizer").set("model_max_length", context).set("do_lower_case", true);
  config.set("unk_token", "<unk>").set("pad_token", "<pad>").set("eos_token", "</s>");
  Json special = Json::object();
  special.set("unk_token", "<unk>").set("pad_token", "<pad>").set("eos_token", "</s>");
  return {{"spiece.model", std::move(spiece)}, {"tokenizer_config.json", config.dump(2) + "\n"}, {"special_tokens_map.json", special.dump(2) + "\n"}};
}

void check(const CaptionedPictures& data, const ClipTrainingOptions& o) {
  if (o.batch < 2) usage_error("train-clip: a batch of {} pictures has nothing to contrast; use 2 or more", o.batch);
  if (data.size() < o.batch) bad_input("{}: {} pictures are fewer than a batch of {}", data.name(), data.size(), o.batch);
  if (o.captions < 1 || o.captions > 16) usage_error("train-clip: {} captions a picture, expected 1 to 16", o.captions);
  if (o.image_size < 1 || o.shortest > 1 << 14) usage_error("train-clip: an image size of {} cut out of {} pixels; expected 1 to {} (--image-size, --resize)", o.image_size, o.shortest, 1 << 14);
  if (o.shortest < o.image_size) usage_error("train-clip: pictures of {} pixels cannot be cropped to {}", o.shortest, o.image_size);
  // Before anything is computed with them: four times a width is the MLP's.
  if (std::max(o.image_width, o.text_width) > 1 << 17) usage_error("train-clip: widths of {} and {}; expected {} at most (--width, --text-width)", o.image_width, o.text_width, 1 << 17);
  if (o.vocabulary > 1 << 20) usage_error("train-clip: a vocabulary of {} pieces; expected 32 to {}", o.vocabulary, 1 << 20);
  if (o.vocabulary < 32 || o.context < 4) usage_error("train-clip: a vocabulary of {} and a context of {} are too small", o.vocabulary, o.context);
  if (!(o.lr > 0) || o.warm_up < 0 || o.warm_up > 1) usage_error("train-clip: a learning rate of {} with a warm-up of {} makes no sense", o.lr, o.warm_up);
}

int64_t steps_of(const CaptionedPictures& data, const ClipTrainingOptions& o) { return o.steps > 0 ? o.steps : data.size() / o.batch; }

// AdamW with decay on matrices only: gains, biases and the logit scale have no reason to shrink (Radford et al. 2021, 2.5).
struct Optimiser {
  Parameters parameters;
  std::vector<size_t> decayed_at, plain_at;
  std::unique_ptr<Adam> decayed, plain;

  Optimiser(Clip& clip, const ClipTrainingOptions& o) : parameters(clip.parameters()) {
    Parameters with, without;
    for (size_t i = 0; i < parameters.size(); i++) {
      const bool decays = parameters[i].second->rank() >= 2;
      (decays ? with : without).push_back(parameters[i]);
      (decays ? decayed_at : plain_at).push_back(i);
    }
    AdamOptions a{.lr = o.lr, .beta1 = o.beta1, .beta2 = o.beta2, .eps = o.eps, .weight_decay = o.weight_decay};
    decayed = std::make_unique<Adam>(with, a);
    a.weight_decay = 0;
    plain = std::make_unique<Adam>(without, a);
  }
  void step(const std::vector<Tensor>& gradients, double lr) {
    const auto pick = [&](const std::vector<size_t>& at) {
      std::vector<Tensor> list;
      for (const size_t i : at) list.push_back(gradients[i]);
      return list;
    };
    decayed->step(pick(decayed_at), lr);
    plain->step(pick(plain_at), lr);
  }
};

// The same where the gradients lie on a device: the squares are added there, so that it is waited for once.
void limit_norm_on_device(std::vector<Tensor>& gradients, double limit) {
  Tensor squares;
  for (const Tensor& g : gradients) {
    if (!g.defined()) continue;
    const Tensor own = sum(mul(g, g));
    squares = squares.defined() ? add(squares, own) : own;
  }
  const double norm = squares.defined() ? std::sqrt(squares.item()) : 0;
  if (norm <= limit) return;
  for (Tensor& g : gradients)
    if (g.defined()) g = scale(g, limit / norm);
}

// Scales all gradients so that their joint norm is at most `limit`.
void limit_norm(std::vector<Tensor>& gradients, double limit) {
  if (limit <= 0) return;
  if (compute_device() != Device::cpu) return limit_norm_on_device(gradients, limit);
  double squares = 0;
  for (const Tensor& g : gradients)
    if (g.defined())
      for (const float v : g.contiguous().span<float>()) squares += static_cast<double>(v) * v;
  const double norm = std::sqrt(squares);
  if (norm <= limit) return;
  const auto factor = static_cast<float>(limit / norm);
  for (Tensor& g : gradients) {
    if (!g.defined()) continue;
    g = g.clone();
    for (float& v : g.span<float>()) v *= factor;
  }
}

// At most ln 100: Radford et al. 2021, section 2.5.
void limit_logit_scale(Tensor& logit_scale) {
  constexpr float most = 4.6051702f;
  if (logit_scale.item() > static_cast<double>(most)) logit_scale.copy_from(Tensor::full(logit_scale.shape(), static_cast<double>(most)));
}

struct ClipTraining {
  const CaptionedPictures& data;
  const ClipTrainingOptions& o;
  Clip& clip;
  const Tokenizer& tokenizer;
  int64_t total;
  int64_t order_epoch = -1;
  std::vector<int64_t> order;

  // Pictures of step `step`: the data in a new order every epoch.
  std::vector<int64_t> rows(int64_t step) {
    const int64_t per_epoch = data.size() / o.batch, epoch = step / per_epoch;
    if (epoch != order_epoch) {
      order = Random(o.seed, "clip.order", static_cast<uint64_t>(epoch)).permutation(data.size());
      order_epoch = epoch;
    }
    const auto first = order.begin() + step % per_epoch * o.batch;
    return {first, first + o.batch};
  }

  ClipBatch load(int64_t step) {
    const ComputeOn host(Device::cpu);
    const std::vector<int64_t> list = rows(step);
    const Preprocess& p = clip.preprocess();
    const int64_t row = int64_t{3} * p.size * p.size;
    ClipBatch batch;
    batch.pixels = Tensor::empty({o.batch, 3, p.size, p.size});   // (B, 3, H, W)
    std::vector<std::vector<std::vector<int64_t>>> ids(list.size());
    float* pixels = batch.pixels.data<float>();
    parallel_for(o.batch, 8, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        const size_t k = static_cast<size_t>(i);
        const CaptionedPicture picture = data.load(list[k], o.captions);
        normalise_into(to_square(picture.image, p), p, pixels + i * row);
        for (const std::string& caption : picture.captions) ids[k].push_back(tokenizer.encode(caption));
      }
    });
    batch.texts.resize(ids[0].size());
    for (size_t c = 0; c < batch.texts.size(); c++)
      for (const auto& texts : ids) batch.texts[c].push_back(texts[c % texts.size()]);
    return batch;
  }
};

void save_state(Checkpoint& checkpoint, const Optimiser& optimiser, const std::vector<double>& losses, int64_t step) {
  NamedTensors tensors;
  for (const auto& [name, tensor] : optimiser.parameters) tensors.emplace_back(name, tensor->on(Device::cpu));
  for (const Adam* adam : {optimiser.decayed.get(), optimiser.plain.get()})
    for (const auto& [name, tensor] : adam->state()) tensors.emplace_back(name, tensor.on(Device::cpu));
  tensors.emplace_back("losses", Tensor::from(losses, {static_cast<int64_t>(losses.size())}));
  checkpoint.save(tensors, {{"step", std::to_string(step)}});
}

// The step to go on with.
int64_t resume(const Checkpoint& checkpoint, Optimiser& optimiser, std::vector<double>& losses) {
  NamedTensors tensors;
  std::map<std::string, std::string> metadata;
  if (!checkpoint.load(tensors, metadata)) return 0;
  const int64_t step = std::stoll(metadata.at("step"));
  std::map<std::string, Tensor> by_name(tensors.begin(), tensors.end());
  for (auto& [name, tensor] : optimiser.parameters) {
    const auto found = by_name.find(name);
    if (found == by_name.end() || !(found->second.shape() == tensor->shape())) bad_input("checkpoint: tensor '{}' is missing or has another shape", name);
    tensor->copy_from(found->second);
  }
  optimiser.decayed->restore(tensors, step);
  optimiser.plain->restore(tensors, step);
  const auto curve = by_name.at("losses").span<double>();
  losses.assign(curve.begin(), curve.end());
  return step;
}

}  // namespace

double scheduled_lr(const ClipTrainingOptions& o, int64_t step, int64_t steps) {
  const double warm = std::max(1.0, o.warm_up * static_cast<double>(steps)), at = static_cast<double>(step) + 1;
  if (at <= warm) return o.lr * at / warm;
  const double progress = (at - warm) / std::max(1.0, static_cast<double>(steps) - warm);
  return o.lr * 0.5 * (1 + portable::cos_turns(progress / 2));
}

std::string clip_training_key(const CaptionedPictures& data, const ClipTrainingOptions& o) {
  check(data, o);
  const std::string device = chosen_device() == "cpu" ? "" : "|" + chosen_device();
  return sha256_of(fmt::format("clip 1|{}|{}|{} {} {}|{} {} {}|{} {} {}|{} {} {} {}|{} {} {}|{} {} {} {} {}|{} {}|{}", data.content_key(), to_json(model_config(o, o.vocabulary)).dump(),
                               o.image_size, o.shortest, o.patch_size, o.image_width, o.image_layers, o.image_heads, o.text_width, o.text_layers, o.text_heads,
                               o.projection, o.vocabulary, o.context, o.vocabulary_captions, o.batch, o.steps, o.captions, o.lr, o.weight_decay, o.beta1, o.beta2,
                               o.eps, o.warm_up, o.clip_gradient, o.seed) + device);
}

ClipTrainingResult train_clip(const CaptionedPictures& data, const ClipTrainingOptions& o) {
  check(data, o);
  ClipTrainingResult result;
  report(o.monitor, "vocabulary", 0, 1, "");
  const std::string spiece = learn_vocabulary(data, o);
  const std::shared_ptr<const Tokenizer> tokenizer = sentencepiece_tokenizer(spiece, -1, end_id, pad_id);
  result.tokenizer_files = tokenizer_files(spiece, o.context);
  result.clip = Clip::create(model_config(o, tokenizer->vocabulary_size()), o.seed);
  Preprocess p = result.clip->preprocess();
  p.size = static_cast<int>(o.image_size);
  p.shortest = static_cast<int>(o.shortest);
  result.clip->set_preprocess(p);
  result.clip->set_tokenizer(tokenizer);

  const Device device = stage_device();
  result.clip->move_to(device);
  const ComputeOn scope(device);
  Optimiser optimiser(*result.clip, o);
  result.steps = steps_of(data, o);
  ClipTraining training{data, o, *result.clip, *tokenizer, result.steps, -1, {}};
  int64_t step = o.checkpoint ? resume(*o.checkpoint, optimiser, result.losses) : 0;
  track(optimiser.parameters);
  double smooth = 0;
  try {
    for (; step < result.steps; step++) {
      throw_if_interrupted();
      const ClipBatch batch = training.load(step);
      const Tensor& logit_scale = result.clip->logit_scale();
      ClipStep s = device == Device::cpu ? clip_step(*result.clip, optimiser.parameters, logit_scale, batch)
                                         : clip_step_on_device(*result.clip, optimiser.parameters, logit_scale, batch);
      if (!std::isfinite(s.loss)) bad_input("train-clip: the loss is not finite at step {}; try a smaller learning rate than {}", step, o.lr);
      limit_norm(s.gradients, o.clip_gradient);
      optimiser.step(s.gradients, scheduled_lr(o, step, result.steps));
      limit_logit_scale(result.clip->logit_scale());
      result.losses.push_back(s.loss);
      smooth = smooth == 0 ? s.loss : 0.95 * smooth + 0.05 * s.loss;
      report(o.monitor, "train-clip", step + 1, result.steps, "steps", fmt::format("loss {:.3f}", smooth));
      if (o.checkpoint && o.checkpoint->due()) save_state(*o.checkpoint, optimiser, result.losses, step + 1);
    }
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::interrupted && o.checkpoint) save_state(*o.checkpoint, optimiser, result.losses, step);
    throw;
  }
  for (auto& [name, tensor] : optimiser.parameters) *tensor = tensor->detached();   // no leaves any more
  result.clip->move_to(Device::cpu);
  result.clip->freeze();
  return result;
}

void save_trained_clip(const ClipTrainingResult& result, const std::string& folder, DType weights_dtype) {
  namespace fs = std::filesystem;
  if (fs::exists(folder)) bad_input("{}: exists already; remove it, or choose another name", folder);
  const std::string partial = folder + ".partial/model";
  std::error_code error;
  fs::remove_all(partial, error);
  auto files = result.tokenizer_files;
  std::string curve;
  for (size_t i = 0; i < result.losses.size(); i++) curve += fmt::format("{{\"step\": {}, \"loss\": {:.6f}}}\n", i + 1, result.losses[i]);
  files.emplace_back("loss.jsonl", curve);
  files.emplace_back("loss.svg", loss_curve_svg(result.losses));
  result.clip->save(partial, weights_dtype, files);
  fs::rename(partial, folder, error);
  if (error) fail(ErrorKind::resource, "{}: cannot be written: {}", folder, error.message());
  fs::remove(folder + ".partial", error);   // stays when a checkpoint lies in it: the caller removes that
}

}  // namespace ceir
