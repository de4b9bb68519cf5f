// Training the VAE: both protocols, resumable, the same bits for any number of threads.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "kernels/base/monitor.h"
#include "models/checkpoint.h"
#include "models/vae.h"
#include "nn/adam.h"

namespace ceir {

struct VaeOptions {
  int64_t epochs = 60;
  int64_t train_batch = 256;  // a last batch of one row joins the one before it: it has no variance
  int64_t latent = 64;        // L
  int64_t hidden = 0;         // H; 0 = 2 L, but at least 256
  double lr = 1e-3;
  bool cosine_schedule = true;  // lr falls to 0 along half a cosine over all steps
  double beta = 0.1;            // weight of the KL term
  Likelihood likelihood = Likelihood::gaussian;
  std::optional<double> present_above;  // Vae::presence(); none: the concept vectors as they are
  DType precision = DType::f32;
  uint64_t seed = 42;
  NamedTensors initial;  // a state to start from (V0), or empty
  Tensor noise;          // (epochs, N, L) or (N, L), or undefined; when given, rows are taken in their order (a replay)

  // What a careful researcher would do: Gaussian likelihood, f32, beta .03, L 64, lr 1e-3 with a cosine, 60 epochs
  // (chosen on drawn worlds with seeds below 1000: docs/05-vae.md has the table).
  static VaeOptions sound();
  // The authors' code: 450 epochs, lr 5e-5, f64, cross-entropy on standardised concepts, beta 1, H 256, L 128.
  static VaeOptions faithful();
  int64_t hidden_size() const;
};

// Why a VAE is trained on the CPU whatever the device, or null: devices compute in f32, and `observed` after each epoch
// (the faithful protocol's scores) it has to be where it can be looked at.
const char* vae_stays_on_cpu(const VaeOptions& options, bool observed);

struct VaeLosses {
  double reconstruction = 0, kl = 0, total = 0;  // total = reconstruction + beta kl
};

// One optimiser step, for training and for tests that replay single steps.
class VaeTrainer {
 public:
  VaeTrainer(Vae& vae, double lr, double beta);
  // x (B, K) as Vae::presence() gives it, noise (B, L). Losses are summed over the batch and belong to the weights before the update.
  VaeLosses step(const Tensor& x, const Tensor& noise, double lr);
  VaeLosses step(const Tensor& x, const Tensor& noise) { return step(x, noise, lr_); }
  // The same queued on a device and not waited for. rates (3): Adam's of this update; losses (3) receives reconstruction, divergence
  // and total. Neither counted as a step of Adam nor as a batch seen.
  void queue(const Tensor& x, const Tensor& noise, const Tensor& rates, Tensor& losses);
  Adam& adam() { return adam_; }

 private:
  struct Terms {
    Tensor reconstruction, divergence, total;
  };
  Terms backward(Tape& tape, const Tensor& x, const Tensor& noise);
  Vae& vae_;
  double lr_, beta_;
  Adam adam_;
};

struct VaeLogRow {
  int64_t epoch;     // 1-based
  VaeLosses losses;  // mean per row over the epoch
};

struct TrainedVae {
  Vae vae;
  std::vector<VaeLogRow> log;
};

// Called after each epoch with its number (1-based); quirk 2 makes it change the running statistics.
using EpochObserver = std::function<void(int64_t epoch, Vae& vae)>;

// concepts (N, K): standardised, any float type. Throws Error(bad_input): fewer than two rows, no concept, NaN or
// infinity (naming the row), an initial state or noise of another shape. The checkpoint is left with the finished training
// for the caller to remove when its output is safe.
TrainedVae train_vae(const Tensor& concepts, const VaeOptions& options, Monitor* monitor = nullptr,
                     Checkpoint* checkpoint = nullptr, const EpochObserver& after_epoch = {});

}  // namespace ceir
