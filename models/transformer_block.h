// The pre-norm transformer block of both towers of CLIP (Vaswani et al. 2017, figure 1, with the norms moved before
// the sub-layers: Radford et al. 2019, section 2.3).
#pragma once
#include <optional>
#include <string>

#include "models/clip_config.h"
#include "models/parameter_slot.h"
#include "models/trace.h"
#include "nn/linear.h"
#include "tensor/tensor.h"

namespace ceir {

struct NormLayer {
  Tensor gain, bias;   // (C)
  double eps = 1e-5;
  Tensor operator()(const Tensor& x) const;
  void slots(const std::string& name, int64_t width, ParameterSlots& list);   // name.weight, name.bias
};

// The name.weight (out, in) and, unless `biasless`, the name.bias of a linear layer.
void linear_slots(Linear& layer, const std::string& name, int64_t in, int64_t out, double std, ParameterSlots& list,
                  bool biasless = false);

Tensor split_heads(const Tensor& x, int64_t heads);   // (B, T, C) -> (B, H, T, C/H), a view
Tensor merge_heads(const Tensor& x);                  // (B, H, T, D) -> (B, T, H D)

struct Block {
  NormLayer norm1, norm2;
  Linear query, key, value, out;   // self-attention, each (C, C)
  Linear up, down;                 // the MLP, (C, intermediate) and back
  int64_t heads = 1;
  bool causal = false;             // token i sees tokens 0..i
  Unary activation = Unary::quick_gelu;

  Block(const TowerConfig& tower, bool causal);

  // x (B, T, C) -> (B, T, C). With `only`, the output of that token alone -> (B, 1, C): in the last block nothing else is
  // read, so queries, output projection and MLP of the others are left out; the bits are those of the whole.
  // A causal `only` must be the last token.
  Tensor operator()(const Tensor& x, std::optional<int64_t> only = {}, const Trace* trace = nullptr, const std::string& name = {}) const;

  void slots(const std::string& name, const TowerConfig& tower, ParameterSlots& list);
  void freeze();

 private:
  Tensor attend(const Tensor& y, const Tensor& asking) const;
};

// "layer_03"
std::string layer_name(size_t i);

}  // namespace ceir
