// The causal transformer of CLIP's text tower (Radford et al. 2021, section 2.4).
#pragma once
#include <vector>

#include "models/transformer_block.h"

namespace ceir {

class TextTransformer {
 public:
  TextTransformer(const TextTowerConfig& config, int64_t projection);

  // ids (B, T) i64, end (B): the position where each text's feature is read -> (B, D). Causal attention makes what stands
  // behind it irrelevant. When every text ends at T - 1, and without a trace, the last block computes that token alone.
  Tensor forward(const Tensor& ids, const std::vector<int64_t>& end, const Trace* trace = nullptr) const;

  // Hugging Face's rule: eos_token_id 2 (legacy) means the first position of the largest id; else the first position equal to
  // eos_token_id, or 0 when there is none.
  int64_t end_position(const std::vector<int64_t>& ids) const;

  ParameterSlots slots();   // names of Hugging Face's CLIPTextModelWithProjection
  void freeze();
  const TextTowerConfig& config() const { return config_; }

 private:
  TextTowerConfig config_;
  int64_t projection_;
  Tensor tokens_;      // (V, W)
  Tensor positions_;   // (context, W)
  std::vector<Block> blocks_;
  LayerNorm final_norm_;
  Linear project_;     // (D, W), no bias
};

}  // namespace ceir
