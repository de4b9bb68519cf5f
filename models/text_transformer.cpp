#include "models/text_transformer.h"

#include <algorithm>
#include <cmath>

#include "tensor/ops/elementwise.h"
#include "tensor/ops/embedding.h"
#include "tensor/ops/shape.h"

namespace ceir {
namespace {

// x (B, T, W), one position per text -> (B, W)
Tensor token_at(const Tensor& x, const std::vector<int64_t>& position) {
  std::vector<int64_t> rows(position.size());
  for (size_t b = 0; b < rows.size(); b++) rows[b] = static_cast<int64_t>(b) * x.dim(1) + position[b];
  return embedding(reshape(x, {x.dim(0) * x.dim(1), x.dim(2)}), Tensor::from(rows, {x.dim(0)}));
}

}  // namespace

TextTransformer::TextTransformer(const TextTowerConfig& config, int64_t projection)
    : config_(config), projection_(projection), siglip_(config.kind == TextTowerKind::siglip) {
  final_norm_.eps = config.tower.eps;
  for (int64_t i = 0; i < config.tower.layers; i++) blocks_.emplace_back(config.tower, !siglip_);
}

Tensor TextTransformer::forward(const Tensor& ids, const std::vector<int64_t>& end, const Trace* trace) const {   // (B, T)
  const int64_t length = ids.dim(1);
  const bool all_end_last = std::all_of(end.begin(), end.end(), [&](int64_t e) { return e == length - 1; });
  Tensor x = embedding(tokens_, ids) + slice(positions_, 0, 0, length);   // (B, T, W)
  trace_step(trace, "embeddings", x);
  for (size_t i = 0; i < blocks_.size(); i++) {
    const bool last = i + 1 == blocks_.size() && all_end_last && !trace;
    x = blocks_[i](x, last ? std::optional<int64_t>(length - 1) : std::nullopt, trace, layer_name(i));
  }
  if (trace) trace_step(trace, "final_layernorm", final_norm_(x));
  const Tensor feature = x.dim(1) == 1 ? reshape(x, {x.dim(0), x.dim(2)}) : token_at(x, end);   // (B, W)
  const Tensor embeds = project_(final_norm_(feature));                                           // (B, D)
  trace_step(trace, "text_embeds", embeds);
  return embeds;
}

int64_t TextTransformer::end_position(const std::vector<int64_t>& ids) const {
  if (config_.eos_token_id == 2) return std::max_element(ids.begin(), ids.end()) - ids.begin();
  const auto found = std::find(ids.begin(), ids.end(), config_.eos_token_id);
  return found == ids.end() ? 0 : found - ids.begin();
}

ParameterSlots TextTransformer::slots() {
  const TowerConfig& t = config_.tower;
  ParameterSlots list;
  list.push_back({"text_model.embeddings.token_embedding.weight", &tokens_, {config_.vocabulary, t.width}, Initial::normal(0.02)});
  list.push_back({"text_model.embeddings.position_embedding.weight", &positions_, {config_.context, t.width}, Initial::normal(0.02)});
  for (size_t i = 0; i < blocks_.size(); i++) blocks_[i].slots(fmt::format("text_model.encoder.layers.{}", i), t, list);
  final_norm_.slots("text_model.final_layer_norm", t.width, list);
  linear_slots(project_, siglip_ ? "text_model.head" : "text_projection", t.width, projection_, 1 / std::sqrt(static_cast<double>(t.width)), list, !siglip_);
  return list;
}

void TextTransformer::freeze() {
  for (Block& block : blocks_) block.freeze();
  project_.freeze();
}

}  // namespace ceir
