// The vision transformer as an image tower: Dosovitskiy et al. 2021 (figure 1), with a layer norm before the first block in
// CLIP (Radford et al. 2021, section 2.4); in SigLIP (Zhai et al. 2023) without one, without a class token, and pooled by
// attention.
#pragma once
#include <optional>
#include <vector>

#include "models/attention_pool.h"
#include "models/image_tower.h"
#include "models/transformer_block.h"

namespace ceir {

class VisionTransformer : public ImageTower {
 public:
  VisionTransformer(const ImageTowerConfig& config, int64_t projection);

  // pixels (B, C, H, W) -> (B, D). Without a tape and a trace the last block of a CLIP computes the class token alone.
  Tensor forward(const Tensor& pixels, const Trace* trace = nullptr) const override;

  ParameterSlots slots() override;   // names of Hugging Face's CLIPVisionModelWithProjection or SiglipVisionModel
  void freeze() override;

 private:
  Tensor clip_feature(const Tensor& x, const Trace* trace) const;     // (B, T, W) -> (B, D)

  ImageTowerConfig config_;
  int64_t projection_;
  bool siglip_;
  Tensor class_token_;   // (W), CLIP
  Linear patch_;         // weight (W, C, p, p): the patch convolution; a bias in SigLIP
  Tensor positions_;     // (T, W), T = P + 1 with a class token, else P
  NormLayer pre_norm_, post_norm_;
  std::vector<Block> blocks_;
  Linear project_;       // (D, W), no bias, CLIP
  std::optional<AttentionPoolingHead> head_;   // SigLIP
};

}  // namespace ceir
