#include "models/transformer_block.h"

#include <cmath>

#include "tensor/ops/attention.h"
#include "tensor/ops/elementwise.h"
#include "tensor/ops/layernorm.h"
#include "tensor/ops/shape.h"

namespace ceir {

Tensor split_heads(const Tensor& x, int64_t heads) {   // (B, T, C) -> (B, H, T, C/H)
  return permute(reshape(x, {x.dim(0), x.dim(1), heads, x.dim(2) / heads}), {0, 2, 1, 3});
}

Tensor merge_heads(const Tensor& x) {   // (B, H, T, D) -> (B, T, H D)
  return reshape(permute(x, {0, 2, 1, 3}), {x.dim(0), x.dim(2), x.dim(1) * x.dim(3)});
}

Tensor NormLayer::operator()(const Tensor& x) const { return layernorm(x, gain, bias, eps); }

void NormLayer::slots(const std::string& name, int64_t width, ParameterSlots& list) {
  list.push_back({name + ".weight", &gain, {width}, Initial::ones()});
  list.push_back({name + ".bias", &bias, {width}, Initial::zeros()});
}

void linear_slots(Linear& layer, const std::string& name, int64_t in, int64_t out, double std, ParameterSlots& list, bool biasless) {
  list.push_back({name + ".weight", &layer.weight, {out, in}, Initial::normal(std), &layer});
  if (!biasless) list.push_back({name + ".bias", &layer.bias, {out}, Initial::zeros()});
}

Block::Block(const TowerConfig& tower, bool is_causal) : heads(tower.heads), causal(is_causal), activation(tower.activation) {
  norm1.eps = norm2.eps = tower.eps;
}

// Multi-head attention of `asking` tokens over all of y, before the output projection.
Tensor Block::attend(const Tensor& y, const Tensor& asking) const {
  const Tensor q = split_heads(query(asking), heads);   // (B, H, T or 1, D)
  const Tensor k = split_heads(key(y), heads);          // (B, H, T, D)
  const Tensor v = split_heads(value(y), heads);
  const bool all = asking.dim(1) == y.dim(1);
  return merge_heads(attention(q, k, v, causal && all));   // (B, T or 1, C)
}

Tensor Block::operator()(const Tensor& x, std::optional<int64_t> only, const Trace* trace, const std::string& name) const {
  if (only && causal && *only != x.dim(1) - 1) fail(ErrorKind::internal, "block: a causal block can only single out the last token");
  const auto wanted = [&](const Tensor& t) { return only ? slice(t, 1, *only, *only + 1) : t; };
  const Tensor y = norm1(x);                                                      // (B, T, C)
  const Tensor context = attend(y, wanted(y));                                    // (B, T, C), or (B, 1, C) from here on
  const Tensor h = out(context, {.residual = wanted(x)});
  const Tensor z = norm2(h);
  const Tensor hidden = up(z, {.activation = activation});                        // (B, T, intermediate)
  const Tensor result = down(hidden, {.residual = h});
  if (trace) {
    trace_step(trace, name + "_part1_norm1", y);
    trace_step(trace, name + "_part2_attention", out(context));
    trace_step(trace, name + "_part3_norm2", z);
    trace_step(trace, name + "_part4_mlp", down(hidden));
    trace_step(trace, name, result);
  }
  return result;
}

// Standard deviations as transformers' CLIPPreTrainedModel._init_weights has them.
void Block::slots(const std::string& name, const TowerConfig& t, ParameterSlots& list) {
  const double width_std = 1 / std::sqrt(static_cast<double>(t.width));
  const double depth_std = width_std / std::sqrt(2.0 * static_cast<double>(t.layers));
  norm1.slots(name + ".layer_norm1", t.width, list);
  linear_slots(query, name + ".self_attn.q_proj", t.width, t.width, depth_std, list);
  linear_slots(key, name + ".self_attn.k_proj", t.width, t.width, depth_std, list);
  linear_slots(value, name + ".self_attn.v_proj", t.width, t.width, depth_std, list);
  linear_slots(out, name + ".self_attn.out_proj", t.width, t.width, width_std, list);
  norm2.slots(name + ".layer_norm2", t.width, list);
  linear_slots(up, name + ".mlp.fc1", t.width, t.intermediate, width_std / std::sqrt(2.0), list);
  linear_slots(down, name + ".mlp.fc2", t.intermediate, t.width, depth_std, list);
}

void Block::freeze() {
  for (Linear* l : {&query, &key, &value, &out, &up, &down}) l->freeze();
}

std::string layer_name(size_t i) { return fmt::format("layer_{:02}", i); }

}  // namespace ceir
