#include "models/attention_pool.h"

#include <cmath>

#include "tensor/ops/attention.h"
#include "tensor/ops/shape.h"

namespace ceir {

AttentionPoolingHead::AttentionPoolingHead(const TowerConfig& tower) : heads(tower.heads), activation(tower.activation) { norm.eps = tower.eps; }

Tensor AttentionPoolingHead::operator()(const Tensor& x, const Trace* trace) const {   // (B, T, C)
  const Tensor asked = broadcast_to(query(probe), {x.dim(0), 1, x.dim(2)});             // (B, 1, C)
  const Tensor q = split_heads(asked, heads), k = split_heads(key(x), heads), v = split_heads(value(x), heads);
  const Tensor h = out(merge_heads(attention(q, k, v)));                                // (B, 1, C)
  trace_step(trace, "head_attention", h);
  const Tensor y = down(up(norm(h), {.activation = activation}), {.residual = h});
  const Tensor feature = reshape(y, {x.dim(0), x.dim(2)});                              // (B, C)
  trace_step(trace, "head_output", feature);
  return feature;
}

void AttentionPoolingHead::slots(const std::string& name, const TowerConfig& t, ParameterSlots& list) {
  const double width_std = 1 / std::sqrt(static_cast<double>(t.width));
  list.push_back({name + ".probe", &probe, {1, 1, t.width}, Initial::normal(width_std)});
  linear_slots(query, name + ".attention.q_proj", t.width, t.width, width_std, list);
  linear_slots(key, name + ".attention.k_proj", t.width, t.width, width_std, list);
  linear_slots(value, name + ".attention.v_proj", t.width, t.width, width_std, list);
  linear_slots(out, name + ".attention.out_proj", t.width, t.width, width_std, list);
  norm.slots(name + ".layernorm", t.width, list);
  linear_slots(up, name + ".mlp.fc1", t.width, t.intermediate, width_std, list);
  linear_slots(down, name + ".mlp.fc2", t.intermediate, t.width, 1 / std::sqrt(static_cast<double>(t.intermediate)), list);
}

void AttentionPoolingHead::freeze() {
  for (Linear* l : {&query, &key, &value, &out, &up, &down}) l->freeze();
}

}  // namespace ceir
