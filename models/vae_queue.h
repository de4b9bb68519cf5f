// A VAE's training steps on a device, queued ahead of it: the CPU waits for nothing but the losses, once in many steps.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "kernels/launch/repeated.h"
#include "models/vae_training.h"

namespace ceir {

// What changes from step to step lies where it stays, and is put there by the stream before the step: the batch's rows, gathered by
// the epoch's order; its noise; Adam's rates. So a step of the usual size is the same work each time, and can be a graph.
class VaeQueue {
 public:
  // x (N, K) on the device; starts: the first row of each batch, and N.
  VaeQueue(Vae& vae, VaeTrainer& trainer, const Tensor& x, const std::vector<int64_t>& starts);

  // order (N): the epoch's rows; rates (batches, 3): Adam's.
  void begin_epoch(const std::vector<int64_t>& order, const std::vector<float>& rates);
  // draw(noise): fills (rows of the batch, L), without waiting.
  void step(int64_t batch, const std::function<void(Tensor& noise)>& draw);
  // Of the epoch's batches from `first` to the last one queued. Waits for them.
  std::vector<VaeLosses> losses(int64_t first);

 private:
  void work(int64_t rows);

  Vae& vae_;
  VaeTrainer& trainer_;
  Tensor x_;
  std::vector<int64_t> starts_;
  int64_t usual_, queued_ = 0;              // rows of most batches; the epoch's batches queued so far
  Tensor order_, all_rates_, all_losses_;   // (N), (batches, 3), (batches, 3)
  Tensor rows_, noise_, rates_, losses_;    // of the step: (usual + 1, K), (usual + 1, L), (3), (3)
  Repeated step_;
};

}  // namespace ceir
