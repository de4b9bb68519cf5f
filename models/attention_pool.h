// SigLIP's attention-pooling head: a learned query looks at every token (Lee et al. 2019, "Set Transformer", section 3.2,
// with one seed; transformers' SiglipMultiheadAttentionPoolingHead).
#pragma once
#include "models/transformer_block.h"

namespace ceir {

struct AttentionPoolingHead {
  Tensor probe;                    // (1, 1, C): the query
  Linear query, key, value, out;   // each (C, C)
  NormLayer norm;
  Linear up, down;
  int64_t heads = 1;
  Unary activation = Unary::gelu_tanh;

  explicit AttentionPoolingHead(const TowerConfig& tower);
  // x (B, T, C) -> (B, C): h + mlp(norm(h)), h what the query's attention gives. Steps "head_attention" and "head_output".
  Tensor operator()(const Tensor& x, const Trace* trace) const;
  void slots(const std::string& name, const TowerConfig& tower, ParameterSlots& list);
  void freeze();
};

}  // namespace ceir
