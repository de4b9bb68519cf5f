// The vision transformer as CLIP's image tower: Dosovitskiy et al. 2021 (figure 1), with a layer norm before the first
// block (Radford et al. 2021, section 2.4).
#pragma once
#include <vector>

#include "models/transformer_block.h"

namespace ceir {

class VisionTransformer {
 public:
  VisionTransformer(const ImageTowerConfig& config, int64_t projection);

  // pixels (B, C, H, W) -> (B, D). Without a tape and a trace the last block computes the class token alone.
  Tensor forward(const Tensor& pixels, const Trace* trace = nullptr) const;

  ParameterSlots slots();   // names of Hugging Face's CLIPVisionModelWithProjection
  void freeze();
  const ImageTowerConfig& config() const { return config_; }

 private:
  Tensor patch_embedding(const Tensor& pixels) const;   // (B, C, H, W) -> (B, P, W)
  Tensor patch_matrix() const;                          // patch_ as (W, C p p)

  ImageTowerConfig config_;
  int64_t projection_;
  Tensor class_token_;   // (W)
  Tensor patch_;         // (W, C, p, p): the patch convolution
  std::shared_ptr<const PackedWeight> patch_packed_;
  Tensor positions_;     // (T, W), T = P + 1
  LayerNorm pre_norm_, post_norm_;
  std::vector<Block> blocks_;
  Linear project_;       // (D, W), no bias
};

}  // namespace ceir
