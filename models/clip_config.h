// What kind of towers a model has, and their sizes: CLIP (Radford et al. 2021), SigLIP (Zhai et al. 2023), and a supervised
// residual network as an image tower alone (He et al. 2016). Read from a config.json with Hugging Face's keys and defaults;
// models/open_clip_config.h reads the others.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/unary/unary.h"
#include "tensor/io/json.h"

namespace ceir {

// A stack of pre-norm transformer blocks.
struct TowerConfig {
  int64_t width = 0, layers = 12, heads = 0;
  int64_t intermediate = 0;                  // width of the MLP's hidden layer
  Unary activation = Unary::quick_gelu;      // quick_gelu, gelu_erf ("gelu") or gelu_tanh ("gelu_pytorch_tanh")
  double eps = 1e-5;                         // of every layer norm
  int64_t head_width() const { return width / heads; }
};

enum class ImageTowerKind : uint8_t {
  vit,               // class token, layer norm before the first block, linear projection
  siglip,            // neither; patches have a bias; the feature is what a learned query finds (attention-pooling head)
  modified_resnet,   // OpenAI's: three-convolution stem, average pooling for strides, attention pool
  resnet,            // torchvision's ResNet-50, 101, 152: its pooled features; has no text tower
};

// CLIPVisionConfig's defaults (those of ViT-B/32).
struct ImageTowerConfig {
  TowerConfig tower{768, 12, 12, 3072, Unary::quick_gelu, 1e-5};
  int64_t image_size = 224, patch_size = 32, channels = 3;
  ImageTowerKind kind = ImageTowerKind::vit;
  // Of a residual network: blocks per stage. Then tower.width is the first stage's (64), heads the attention pool's, and
  // layers, intermediate, activation, eps and patch_size mean nothing.
  std::vector<int64_t> stages = {};

  bool is_resnet() const { return kind == ImageTowerKind::modified_resnet || kind == ImageTowerKind::resnet; }
  int64_t pooled_width() const { return tower.width * 32; }   // channels after a residual network's last stage
  int64_t patches() const { return (image_size / patch_size) * (image_size / patch_size); }
};

enum class TextTowerKind : uint8_t {
  causal,   // CLIP's: read at the end token
  siglip,   // attends in both directions to all `context` positions, padding too, and is read at the last one
};

// CLIPTextConfig's defaults.
struct TextTowerConfig {
  TowerConfig tower{512, 12, 8, 2048, Unary::quick_gelu, 1e-5};
  int64_t vocabulary = 49408, context = 77;
  // Where a text's feature is read: 2 is a legacy value that means "at the largest id"; else at the first id equal to it.
  int64_t bos_token_id = 49406, eos_token_id = 49407, pad_token_id = 1;
  TextTowerKind kind = TextTowerKind::causal;
};

struct ClipConfig {
  std::optional<ImageTowerConfig> image;  // absent: text only
  std::optional<TextTowerConfig> text;    // absent: image only
  int64_t projection = 512;               // width of the shared space
  double logit_scale_init = 2.6592;       // ln(1/0.07)
  std::optional<double> logit_bias_init;  // present: every pair has a probability of its own, sigmoid(scale cosine + bias)

  bool is_siglip() const { return image ? image->kind == ImageTowerKind::siglip : text && text->kind == TextTowerKind::siglip; }
  bool has_hugging_face_class() const;   // CLIPModel, SiglipModel and their halves
};

// From the JSON of a config.json, absent keys by Hugging Face's defaults. `where` (the file's name) begins every message.
// Throws Error(bad_input) in one sentence for another model type, an activation that no CLIP has, a size that is not
// a number, not positive, absurdly large, or does not divide as it must.
ClipConfig clip_config_from_json(const Json& json, const std::string& where);
// The same, as transformers' CLIPModel, CLIPVisionModelWithProjection or CLIPTextModelWithProjection reads it.
Json to_json(const ClipConfig& config);
// The checks of clip_config_from_json, for configurations made in a program.
void check_clip_config(const ClipConfig& config, const std::string& where);

// A vision transformer's CLIP of known_models.h with OpenAI's activation: "ViT-B/32". Throws Error(usage) listing the names.
ClipConfig clip_config_by_name(const std::string& name);

}  // namespace ceir
