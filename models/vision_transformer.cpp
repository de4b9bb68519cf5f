#include "models/vision_transformer.h"

#include <cmath>

#include "tensor/ops/elementwise.h"
#include "tensor/ops/patches.h"
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

VisionTransformer::VisionTransformer(const ImageTowerConfig& config, int64_t projection) : config_(config), projection_(projection) {
  pre_norm_.eps = post_norm_.eps = config.tower.eps;
  for (int64_t i = 0; i < config.tower.layers; i++) blocks_.emplace_back(config.tower, false);
}

// A convolution whose stride is its size is a linear layer on patches.
Tensor VisionTransformer::patch_embedding(const Tensor& pixels) const {
  const Tensor x = patches(pixels, config_.patch_size, config_.patch_size, config_.patch_size, 0);   // (B, P, C p p)
  return linear(x, patch_matrix(), {}, {}, patch_packed_.get());
}

Tensor VisionTransformer::patch_matrix() const {
  return reshape(patch_, {config_.tower.width, patch_.numel() / config_.tower.width});
}

Tensor VisionTransformer::forward(const Tensor& pixels, const Trace* trace) const {   // (B, C, H, W)
  Tensor x = patch_embedding(pixels);                                                 // (B, P, W)
  x = prepend(class_token_, x) + positions_;                                          // (B, T, W)   T = P + 1
  trace_step(trace, "embeddings", x);
  x = pre_norm_(x);
  trace_step(trace, "pre_layernorm", x);
  for (size_t i = 0; i < blocks_.size(); i++) {
    const bool last = i + 1 == blocks_.size() && !trace;
    x = blocks_[i](x, last ? std::optional<int64_t>(0) : std::nullopt, trace, layer_name(i));
  }
  const Tensor feature = post_norm_(first_token(x));                                  // (B, W)
  trace_step(trace, "post_layernorm", feature);
  return project_(feature);                                                           // (B, D)
}

ParameterSlots VisionTransformer::slots() {
  const TowerConfig& t = config_.tower;
  const double width_std = 1 / std::sqrt(static_cast<double>(t.width));
  ParameterSlots list;
  list.push_back({"vision_model.embeddings.class_embedding", &class_token_, {t.width}, Initial::normal(width_std)});
  list.push_back({"vision_model.embeddings.patch_embedding.weight", &patch_,
                  {t.width, config_.channels, config_.patch_size, config_.patch_size}, Initial::normal(0.02)});
  list.push_back({"vision_model.embeddings.position_embedding.weight", &positions_, {config_.patches() + 1, t.width}, Initial::normal(0.02)});
  pre_norm_.slots("vision_model.pre_layrnorm", t.width, list);   // the misspelling is Hugging Face's
  for (size_t i = 0; i < blocks_.size(); i++) blocks_[i].slots(fmt::format("vision_model.encoder.layers.{}", i), t, list);
  post_norm_.slots("vision_model.post_layernorm", t.width, list);
  linear_slots(project_, "visual_projection", t.width, projection_, width_std, list, true);
  return list;
}

void VisionTransformer::freeze() {
  patch_packed_ = pack_weight(patch_matrix());
  for (Block& block : blocks_) block.freeze();
  project_.freeze();
}

}  // namespace ceir
