#include "models/clip_step.h"
#include "tensor/ops/elementwise.h"
#include "tensor/ops/losses.h"
#include "tensor/tape.h"

namespace ceir {

ClipStep clip_step_on_device(const Clip& clip, const Parameters& parameters, const Tensor& logit_scale, const ClipBatch& batch) {
  Tape tape;
  const Tensor images = clip.image_features(batch.pixels.on(compute_device()));   // (B, D)
  Tensor loss;
  for (const auto& ids : batch.texts) {
    const Tensor one = clip_contrastive(images, clip.text_features(ids), logit_scale);
    loss = loss.defined() ? add(loss, one) : one;
  }
  loss = scale(loss, 1.0 / static_cast<double>(batch.texts.size()));
  tape.backward(loss);
  ClipStep step;
  for (const auto& [name, tensor] : parameters) step.gradients.push_back(tape.gradient(*tensor));
  step.loss = loss.item();   // waits for the device: last, when all its work is queued
  return step;
}

}  // namespace ceir
