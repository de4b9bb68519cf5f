#include "models/residual_network.h"

#include <cmath>

#include "models/transformer_block.h"
#include "tensor/ops/attention.h"
#include "tensor/ops/elementwise.h"
#include "tensor/ops/pool.h"
#include "tensor/ops/reduce.h"
#include "tensor/ops/shape.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

Convolution convolution(int64_t channels, int64_t out, int64_t kernel, int64_t stride) {
  Convolution c;
  c.channels = channels, c.out = out, c.kernel = kernel, c.stride = stride;
  return c;
}

Bottleneck bottleneck(int64_t channels, int64_t planes, int64_t stride, bool modified) {
  Bottleneck b;
  const int64_t conv_stride = modified ? 1 : stride;
  b.pool = modified ? stride : 1;
  b.reduce = convolution(channels, planes, 1, 1);
  b.spatial = convolution(planes, planes, 3, conv_stride);
  b.expand = convolution(planes, 4 * planes, 1, 1);
  b.has_shortcut = stride > 1 || channels != 4 * planes;
  if (b.has_shortcut) b.shortcut = convolution(channels, 4 * planes, 1, conv_stride);
  return b;
}

void step(const Trace* trace, const std::string& name, const Tensor& x) {
  if (trace) trace_step(trace, name, to_channels_first(x));
}

}  // namespace

Tensor MeanAttentionPool::operator()(const Tensor& x) const {                        // (B, P, E)
  const Tensor centre = reshape(mean(x, 1), {x.dim(0), 1, x.dim(2)});
  const Tensor tokens = concat({centre, x}, 1) + positions;                          // (B, 1 + P, E)
  const Tensor q = split_heads(query(slice(tokens, 1, 0, 1)), heads);                // (B, H, 1, E/H)
  const Tensor k = split_heads(key(tokens), heads), v = split_heads(value(tokens), heads);
  const Tensor y = merge_heads(attention(q, k, v));                                  // (B, 1, E)
  return out(reshape(y, {x.dim(0), x.dim(2)}));                                      // (B, D)
}

Tensor Bottleneck::operator()(const Tensor& x) const {
  const Tensor y = spatial(reduce(x, true), true);
  Tensor identity = x;
  if (has_shortcut) identity = shortcut(pool > 1 ? avg_pool2d_channels_last(x, pool, pool) : x, false);
  return expand(pool > 1 ? avg_pool2d_channels_last(y, pool, pool) : y, true, identity);
}

ResidualNetwork::ResidualNetwork(const ImageTowerConfig& config, int64_t projection)
    : config_(config), projection_(projection), modified_(config.kind == ImageTowerKind::modified_resnet) {
  const int64_t width = config.tower.width;
  if (modified_) stem_ = {convolution(config.channels, width / 2, 3, 2), convolution(width / 2, width / 2, 3, 1), convolution(width / 2, width, 3, 1)};
  else stem_ = {convolution(config.channels, width, 7, 2)};
  int64_t channels = width;
  for (size_t s = 0; s < config.stages.size(); s++) {
    const int64_t planes = width << s;
    std::vector<Bottleneck>& stage = stages_.emplace_back();
    for (int64_t b = 0; b < config.stages[s]; b++) {
      stage.push_back(bottleneck(channels, planes, b == 0 && s > 0 ? 2 : 1, modified_));
      channels = 4 * planes;
    }
  }
  pool_.heads = config.tower.heads;
}

Tensor ResidualNetwork::forward(const Tensor& pixels, const Trace* trace) const {   // (B, C, H, W)
  if (recording()) usage_error("a residual network is computed for inference alone: it has no gradient");
  Tensor x = to_channels_last(pixels);                                               // (B, H, W, C)
  for (size_t i = 0; i < stem_.size(); i++) {
    x = stem_[i](x, true);
    step(trace, fmt::format("stem_conv{}_bn_relu", i + 1), x);
  }
  x = modified_ ? avg_pool2d_channels_last(x, 2, 2) : max_pool2d_channels_last(x, 3, 2, 1);   // (B, H/4, W/4, width)
  step(trace, modified_ ? "stem_avgpool" : "stem_maxpool", x);
  for (size_t s = 0; s < stages_.size(); s++)
    for (size_t b = 0; b < stages_[s].size(); b++) {
      x = stages_[s][b](x);
      step(trace, fmt::format("layer{}_block{}", s + 1, b), x);
    }
  const Tensor positions = reshape(x, {x.dim(0), x.dim(1) * x.dim(2), x.dim(3)});     // (B, H/32 W/32, 32 width)
  const Tensor feature = modified_ ? pool_(positions) : mean(positions, 1);          // (B, D)
  trace_step(trace, modified_ ? "attnpool" : "avgpool", feature);
  trace_step(trace, "image_embeds", feature);
  return feature;
}

ParameterSlots ResidualNetwork::slots() {
  const std::string before = modified_ ? "visual." : "";
  ParameterSlots list;
  for (size_t i = 0; i < stem_.size(); i++) stem_[i].slots(fmt::format("{}conv{}", before, i + 1), fmt::format("{}bn{}", before, i + 1), list);
  for (size_t s = 0; s < stages_.size(); s++)
    for (size_t b = 0; b < stages_[s].size(); b++) {
      Bottleneck& block = stages_[s][b];
      const std::string name = fmt::format("{}layer{}.{}.", before, s + 1, b);
      block.reduce.slots(name + "conv1", name + "bn1", list);
      block.spatial.slots(name + "conv2", name + "bn2", list);
      block.expand.slots(name + "conv3", name + "bn3", list);
      if (block.has_shortcut) block.shortcut.slots(name + "downsample.0", name + "downsample.1", list);
    }
  if (!modified_) return list;
  const int64_t side = config_.image_size / 32, width = config_.pooled_width();
  const double std = 1 / std::sqrt(static_cast<double>(width));
  list.push_back({"visual.attnpool.positional_embedding", &pool_.positions, {side * side + 1, width}, Initial::normal(std)});
  linear_slots(pool_.key, "visual.attnpool.k_proj", width, width, std, list);
  linear_slots(pool_.query, "visual.attnpool.q_proj", width, width, std, list);
  linear_slots(pool_.value, "visual.attnpool.v_proj", width, width, std, list);
  linear_slots(pool_.out, "visual.attnpool.c_proj", width, projection_, std, list);
  return list;
}

// Convolutions are read in another order than they are stored in, so their weights are laid out once and for all.
void ResidualNetwork::freeze() {
  for (const ParameterSlot& s : slots())
    if (s.layer) s.layer->release();
}

}  // namespace ceir
