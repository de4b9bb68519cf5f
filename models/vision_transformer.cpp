#include "models/vision_transformer.h"

#include <cmath>

#include "tensor/ops/conv2d.h"
#include "tensor/ops/elementwise.h"
#include "tensor/ops/shape.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

Tensor prepend(const Tensor& token, const Tensor& x) {   // (W), (B, P, W) -> (B, 1 + P, W)
  return concat({broadcast_to(token, {x.dim(0), 1, x.dim(2)}), x}, 1);
}

Tensor first_token(const Tensor& x) {   // (B, T, W) -> (B, W)
  return reshape(slice(x, 1, 0, 1), {x.dim(0), x.dim(2)});
}

}  // namespace

VisionTransformer::VisionTransformer(const ImageTowerConfig& config, int64_t projection)
    : config_(config), projection_(projection), siglip_(config.kind == ImageTowerKind::siglip) {
  pre_norm_.eps = post_norm_.eps = config.tower.eps;
  for (int64_t i = 0; i < config.tower.layers; i++) blocks_.emplace_back(config.tower, false);
  if (siglip_) head_.emplace(config.tower);
}

Tensor VisionTransformer::forward(const Tensor& pixels, const Trace* trace) const {   // (B, C, H, W)
  Tensor x = patch_embedding(pixels, patch_.matrix(), patch_.bias, config_.patch_size, patch_.packed.get());   // (B, P, W)
  x = (siglip_ ? x : prepend(class_token_, x)) + positions_;                          // (B, T, W)
  trace_step(trace, "embeddings", x);
  if (!siglip_) {
    x = pre_norm_(x);
    trace_step(trace, "pre_layernorm", x);
  }
  for (size_t i = 0; i < blocks_.size(); i++) {
    const bool class_token_alone = i + 1 == blocks_.size() && !trace && !siglip_;
    x = blocks_[i](x, class_token_alone ? std::optional<int64_t>(0) : std::nullopt, trace, layer_name(i));
  }
  if (!siglip_) return clip_feature(x, trace);
  x = post_norm_(x);
  trace_step(trace, "post_layernorm", x);
  return (*head_)(x, trace);                                                          // (B, W)
}

Tensor VisionTransformer::clip_feature(const Tensor& x, const Trace* trace) const {
  const Tensor feature = post_norm_(first_token(x));                                  // (B, W)
  trace_step(trace, "post_layernorm", feature);
  const Tensor embeds = project_(feature);                                            // (B, D)
  trace_step(trace, "image_embeds", embeds);
  return embeds;
}

ParameterSlots VisionTransformer::slots() {
  const TowerConfig& t = config_.tower;
  const double width_std = 1 / std::sqrt(static_cast<double>(t.width));
  ParameterSlots list;
  if (!siglip_) list.push_back({"vision_model.embeddings.class_embedding", &class_token_, {t.width}, Initial::normal(width_std)});
  list.push_back({"vision_model.embeddings.patch_embedding.weight", &patch_.weight,
                  {t.width, config_.channels, config_.patch_size, config_.patch_size}, Initial::normal(0.02), &patch_});
  if (siglip_) list.push_back({"vision_model.embeddings.patch_embedding.bias", &patch_.bias, {t.width}, Initial::zeros()});
  list.push_back({"vision_model.embeddings.position_embedding.weight", &positions_, {config_.patches() + (siglip_ ? 0 : 1), t.width}, Initial::normal(0.02)});
  if (!siglip_) pre_norm_.slots("vision_model.pre_layrnorm", t.width, list);   // the misspelling is Hugging Face's
  for (size_t i = 0; i < blocks_.size(); i++) blocks_[i].slots(fmt::format("vision_model.encoder.layers.{}", i), t, list);
  post_norm_.slots("vision_model.post_layernorm", t.width, list);
  if (siglip_) head_->slots("vision_model.head", t, list);
  else linear_slots(project_, "visual_projection", t.width, projection_, width_std, list, true);
  return list;
}

void VisionTransformer::freeze() {
  patch_.freeze();
  for (Block& block : blocks_) block.freeze();
  if (siglip_) head_->freeze();
  else project_.freeze();
}

}  // namespace ceir
