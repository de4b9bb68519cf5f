// The transformer of the text tower: causal and read at the end token in CLIP (Radford et al. 2021, section 2.4); in SigLIP
// (Zhai et al. 2023) every position sees every other, padding too, and the last one is read.
#pragma once
#include <vector>

#include "models/transformer_block.h"

namespace ceir {

class TextTransformer {
 public:
  TextTransformer(const TextTowerConfig& config, int64_t projection);

  // ids (B, T) i64, end (B): the position where each text's feature is read -> (B, D). Causal attention makes what stands
  // behind it irrelevant; a SigLIP takes T = context, read at the last. When every text ends at T - 1, and without a trace, the last block computes that token alone.
  Tensor forward(const Tensor& ids, const std::vector<int64_t>& end, const Trace* trace = nullptr) const;

  // Hugging Face's rule: eos_token_id 2 (legacy) means the first position of the largest id; else the first position equal to
  // eos_token_id, or 0 when there is none.
  int64_t end_position(const std::vector<int64_t>& ids) const;

  ParameterSlots slots();   // names of Hugging Face's CLIPTextModelWithProjection or SiglipTextModel
  void freeze();
  const TextTowerConfig& config() const { return config_; }

 private:
  TextTowerConfig config_;
  int64_t projection_;
  Tensor tokens_;      // (V, W)
  Tensor positions_;   // (context, W)
  std::vector<Block> blocks_;
  NormLayer final_norm_;
  bool siglip_;
  Linear project_;     // (D, W); a bias in SigLIP
};

}  // namespace ceir
