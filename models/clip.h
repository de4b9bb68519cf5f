// CLIP: an image tower and a text tower into one space (Radford et al. 2021, "Learning Transferable Visual Models From
// Natural Language Supervision").
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/preprocess.h"
#include "data/tokenizer.h"
#include "models/clip_config.h"
#include "models/parameter_slot.h"
#include "models/trace.h"
#include "nn/parameters.h"
#include "tensor/tensor.h"

namespace ceir {

class ImageTower;
class TextTransformer;
class WeightFiles;

class Clip {
 public:
  // `model`: "nano" (built in), a Hugging Face or open_clip folder, a .safetensors with its configuration beside it, or a
  // hub name ("openai/clip-vit-base-patch32") that lies in the hub cache (HF_HUB_CACHE, HF_HOME/hub,
  // ~/.cache/huggingface/hub). Everything is checked before anything is computed: config, and every tensor's name and
  // shape, and against what is known of a published model by that name (models/known_models.h). Pickled checkpoints are
  // refused with a word on `convert`. dtype: f32, or f64 for parity and gradient checks;
  // 16-bit weights are widened exactly. The weights lie in memory once, packed as the matrix product reads them.
  // A tower's weights are read when they are first needed: whoever embeds pictures never reads the text tower.
  // Throws Error(bad_input), or Error(network) for a hub name that is not in the cache.
  static std::unique_ptr<Clip> open(const std::string& model, DType dtype = DType::f32);

  // The same from tensors wherever they are, a state dictionary that `convert` read from a pickle for instance, by Hugging
  // Face's or open_clip's names. All are read now. Preprocessing is that of the layout until set_preprocess().
  static std::unique_ptr<Clip> open(const WeightFiles& weights, const ClipConfig& config, const std::string& name, DType dtype = DType::f32);

  // Every tensor of a model with these sizes: our name (weights/name_map.h) and shape, in the order of the model.
  static std::vector<std::pair<std::string, Shape>> tensors_of(const ClipConfig& config);

  // Random weights as OpenAI's code draws them (normal; Radford et al. 2021, released model.py), for training and timing.
  static std::unique_ptr<Clip> create(const ClipConfig& config, uint64_t seed, DType dtype = DType::f32);

  ~Clip();
  Clip(const Clip&) = delete;
  Clip& operator=(const Clip&) = delete;

  // Read a tower's weights now, over all threads, if they were not yet; else its first use does. Nothing where there is no
  // such tower. Throws Error(resource) when memory is short; a second call goes on from there.
  void load_image() const;
  void load_text() const;

  bool has_image() const { return image_ != nullptr; }
  bool has_text() const { return text_ != nullptr; }
  const ClipConfig& config() const { return config_; }
  const std::string& name() const { return name_; }   // as given to open()
  DType dtype() const { return dtype_; }
  int64_t projection() const { return config_.projection; }
  const Preprocess& preprocess() const;   // throws Error(bad_input) for a text-only model
  const Tokenizer& tokenizer() const;     // read on first use; throws Error(bad_input) naming the missing files
  void set_preprocess(const Preprocess& preprocess) { preprocess_ = preprocess; }
  void set_tokenizer(std::shared_ptr<const Tokenizer> tokenizer);

  // Brings the weights to a device, or back, where features are computed from then on. f32 alone: throws Error(usage).
  void move_to(Device device) const;

  // pixels (B, C, H, W), preprocessed -> (B, D): projected, not normalised. Recorded on the tape when there is one.
  // Features lie where the pixels do.
  // Throws Error(bad_input) for a text-only model or pixels of another size.
  Tensor image_features(const Tensor& pixels, const Trace* trace = nullptr) const;

  // Texts as token ids, start and end tokens included -> (M, D): projected, not normalised. A text's feature does not depend
  // on what is computed beside it. Longer texts than the context are cut, the end token kept last. A SigLIP sees shorter
  // ones padded to its context.
  // Throws Error(bad_input) for an image-only model, an empty list of ids or an id outside the vocabulary.
  Tensor text_features(const std::vector<std::vector<int64_t>>& ids, const Trace* trace = nullptr) const;

  // exp(logit_scale) multiplies cosines (Radford et al. 2021, figure 3).
  Tensor& logit_scale() { return logit_scale_; }
  double logit_scale_factor() const;
  // Of a model with a sigmoid per pair (Zhai et al. 2023, eq. 1): probability = sigmoid(factor cosine + bias); else 0.
  bool has_logit_bias() const { return config_.logit_bias_init.has_value(); }
  double logit_bias() const;
  // images (N, D), texts (K, D) -> (N, K): factor cosine + bias.
  Tensor logits(const Tensor& images, const Tensor& texts) const;
  // The probability of each text: over all texts (softmax), or of each pair by itself where the model has a bias (sigmoid).
  Tensor probabilities(const Tensor& images, const Tensor& texts) const;

  // By our names (weights/name_map.h), in the order of the model. Whoever asks for them means to change them: weights that
  // lie packed are laid out again.
  Parameters parameters();
  void freeze();             // packs the weights for inference; call it again after changing them
  bool frozen() const { return frozen_; }

  // SHA-256 over config, preprocessing and weights: key of caches, entry of receipts. Equal for equal models wherever they lie.
  std::string content_hash() const;

  // A Hugging Face folder: config.json, preprocessor_config.json, model.safetensors; for a model that Hugging Face has no
  // class for, an open_clip folder: open_clip_config.json, open_clip_model.safetensors; torchvision's names and a config.json
  // for a supervised ResNet. Weights as f32, f16 or bf16, or each in the type it was loaded in: then they load back equal
  // bit for bit. `other_files` (name, bytes), such as a tokenizer's, are written too. Every file is written atomically,
  // weights last.
  void save(const std::string& folder, std::optional<DType> weights_dtype = DType::f32,
            const std::vector<std::pair<std::string, std::string>>& other_files = {}) const;

 private:
  Clip(const ClipConfig& config, DType dtype, std::string name);
  ParameterSlots slots() const;   // every tensor of the model, in order
  struct Unread;   // the checked file, and which of its tensors have been read
  void check_weights(WeightFiles source);
  void load(size_t begin, size_t end) const;   // of slots()
  void load_all() const;
  std::shared_ptr<const Tokenizer> find_tokenizer() const;

  ClipConfig config_;
  DType dtype_;
  std::string name_;
  std::string folder_;      // where the tokenizer's files lie; empty when made by create()
  bool built_in_ = false;   // they are in the program
  std::optional<TextForm> text_form_;   // where the folder alone would not tell
  mutable std::map<std::string, DType> stored_as_;   // the type each tensor had in its file, by our name
  std::unique_ptr<ImageTower> image_;
  std::unique_ptr<TextTransformer> text_;
  Tensor logit_scale_, logit_bias_;
  Preprocess preprocess_;
  mutable std::mutex mutex_;   // guards what is made on first use:
  mutable std::shared_ptr<const Tokenizer> tokenizer_;
  mutable std::string hash_;
  bool frozen_ = false;
  mutable Device device_ = Device::cpu;
  mutable std::mutex load_mutex_;   // guards the towers' weights until they are read
  mutable std::unique_ptr<Unread> unread_;
  mutable std::atomic<bool> image_read_{true}, text_read_{true};
};

// scores (N, K): cosines, times `factor`; with softmax each row sums to 1 (zero-shot classification, Radford et al. 2021, 3.1).
Tensor zero_shot_scores(const Tensor& images, const Tensor& texts, double factor, bool softmax);

// a (N, D), b (K, D), not normalised -> cosines (N, K) in [-1, 1]. A zero row has cosine 0 with everything.
Tensor cosine_matrix(const Tensor& a, const Tensor& b);

}  // namespace ceir
