// One training step of a CLIP, cut into pieces of fixed size that threads take from a list: every piece has a tape of its
// own and single-threaded kernels, so that nobody waits inside a layer and activations stay near their core.
// Only the contrastive loss needs all features at once.
#pragma once
#include <vector>

#include "models/clip.h"

namespace ceir {

struct ClipBatch {
  Tensor pixels;                                            // (B, 3, H, W)
  std::vector<std::vector<std::vector<int64_t>>> texts;     // per caption of a picture: B lists of ids
};

struct ClipStep {
  double loss = 0;                // mean over the captions of the symmetric contrastive loss (Radford et al. 2021, figure 3)
  std::vector<Tensor> gradients;  // in the order of parameters(); undefined where nothing depends on one
};

// The parameters must have been made leaves by track(). Gradients of the pieces are added in their order: same bits
// whatever the number of threads. Throws Error(interrupted) on Ctrl-C.
ClipStep clip_step(const Clip& clip, const Parameters& parameters, const Tensor& logit_scale, const ClipBatch& batch);

// The same step where the clip's weights lie on a device (Clip::move_to) and this thread computes there: one graph of the whole batch,
// as there is no core whose neighbourhood activations should stay in. Equal within rounding.
ClipStep clip_step_on_device(const Clip& clip, const Parameters& parameters, const Tensor& logit_scale, const ClipBatch& batch);

}  // namespace ceir
