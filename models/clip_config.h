// The sizes of a CLIP (Radford et al. 2021) as its config.json states them: Hugging Face's keys and defaults.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

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

// CLIPVisionConfig's defaults (those of ViT-B/32).
struct ImageTowerConfig {
  TowerConfig tower{768, 12, 12, 3072, Unary::quick_gelu, 1e-5};
  int64_t image_size = 224, patch_size = 32, channels = 3;
  int64_t patches() const { return (image_size / patch_size) * (image_size / patch_size); }
};

// CLIPTextConfig's defaults.
struct TextTowerConfig {
  TowerConfig tower{512, 12, 8, 2048, Unary::quick_gelu, 1e-5};
  int64_t vocabulary = 49408, context = 77;
  // Where a text's feature is read: 2 is a legacy value that means "at the largest id"; else at the first id equal to it.
  int64_t bos_token_id = 49406, eos_token_id = 49407, pad_token_id = 1;
};

struct ClipConfig {
  std::optional<ImageTowerConfig> image;  // absent: text only
  std::optional<TextTowerConfig> text;    // absent: image only
  int64_t projection = 512;               // width of the shared space
  double logit_scale_init = 2.6592;       // ln(1/0.07)
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
