// The variational auto-encoder of CEIR (section 3.2): Kingma & Welling 2014 on standardised concept vectors.
// encoder: Linear(K, H) BatchNorm ReLU Linear(H, 2L) -> mu, logvar; decoder: Linear(L, H) BatchNorm ReLU Linear(H, K)
// (Sigmoid for the Bernoulli likelihood). Names of the authors' checkpoints: encoder.0.weight, encoder.1.running_mean, ...
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/trace.h"
#include "nn/parameters.h"
#include "tensor/tensor.h"
#include "weights/safetensors.h"

namespace ceir {

// gaussian: 1/2 sum (recon - x)^2, a normal of unit variance (sound); bce: clamped binary cross-entropy of a sigmoid
// against the standardised concepts (the authors' code); squared_error: sum (recon - x)^2 (the paper's eq. 2).
enum class Likelihood : uint8_t { gaussian, bce, squared_error };
const char* name_of(Likelihood l);
Likelihood likelihood_from(const std::string& name);  // throws Error(usage) listing the names

// max(x - level, 0), element by element; x itself without a level. A NaN stays one, to be found. Of any float type; not differentiable.
Tensor presence_above(const Tensor& x, std::optional<double> level);

class Vae {
 public:
  Vae() = default;
  // Weights as torch.nn.Linear draws them, uniform in +-1/sqrt(inputs), from the stream "vae.init" of `seed`.
  Vae(int64_t concepts, int64_t hidden, int64_t latent, Likelihood likelihood, DType precision, uint64_t seed);

  int64_t concepts() const { return encoder_.in(); }
  int64_t hidden() const { return encoder_.hidden(); }
  int64_t latent() const { return decoder_.in(); }
  Likelihood likelihood() const { return likelihood_; }
  DType precision() const { return encoder_.first_weight.dtype(); }

  // What the encoder sees and the decoder draws. Without a level: the concept vectors themselves. With one: their presence,
  // max(x - level, 0), so that a concept that is not there is exactly 0, whatever its noise. Kept in the file's metadata.
  std::optional<double> present_above() const { return present_above_; }
  void set_present_above(std::optional<double> level);  // throws Error(usage) unless finite
  Tensor presence(const Tensor& x) const;               // presence_above(x, present_above()), in precision()

  struct Gaussian {
    Tensor mu, logvar;  // (N, L)
  };
  struct Output {
    Tensor mu, logvar, z;   // (N, L)
    Tensor reconstruction;  // (N, K)
    Tensor divergence;      // KL(N(mu, e^logvar) || N(0, 1)), summed: a scalar
  };

  // Evaluation mode: running statistics, so that a row's code does not depend on its neighbours. x (N, K) of any float
  // type -> precision(). Differentiable (unless there is a level). A trace sees every layer by its name ("encoder.0"), then mu, logvar.
  Gaussian encode(const Tensor& x, const Trace* trace = nullptr) const;
  Tensor decode(const Tensor& z, const Trace* trace = nullptr) const;
  // The latents: mu of every row, in pieces that bound the memory. Not recorded.
  Tensor latents(const Tensor& x) const;

  // Training mode: batch statistics; the running ones move. noise (N, L). x is what presence() gives.
  Gaussian encode_training(const Tensor& x, const Trace* trace = nullptr);
  Output forward_training(const Tensor& x, const Tensor& noise, const Trace* trace = nullptr);

  // How many batches both halves have seen, for steps that a device repeats without asking.
  void set_batches_tracked(int64_t encoder, int64_t decoder) { encoder_.batches_tracked = encoder, decoder_.batches_tracked = decoder; }

  // z = mu + e^(logvar/2) noise, noise from the stream "vae.sample" of `seed`. Evaluation mode.
  Tensor sample(const Tensor& x, uint64_t seed) const;
  // Quirks 1 and 2 of the authors' code: z is sampled while batch normalisation stays in training mode, in batches
  // (the last one shorter), and the running statistics absorb what they see. noise (N, L) or undefined: stream "vae.quirk".
  Tensor sample_training_mode(const Tensor& x, int64_t batch, uint64_t seed, const Tensor& noise = {});

  Parameters parameters();       // what Adam moves, by name
  NamedTensors state() const;    // their data, not copies: parameters, running statistics and num_batches_tracked (i64)
  void restore(const NamedTensors& state);  // copies; throws Error naming a tensor that is missing or has another shape
  Vae clone() const;
  void move_to(Device device);  // all of it; f32 alone can lie on another device than the CPU

  void save(const std::string& path, const std::vector<std::pair<std::string, std::string>>& metadata = {}) const;
  // Sizes from the shapes; likelihood from the metadata (gaussian when it has none, as in the authors' files `otherwise`).
  static Vae load(const std::string& path, DType precision = DType::f32, Likelihood otherwise = Likelihood::gaussian);

  // Linear, BatchNorm, ReLU, Linear.
  struct Half {
    Tensor first_weight, first_bias;                 // (H, in), (H)
    Tensor gain, bias, running_mean, running_var;    // (H)
    Tensor second_weight, second_bias;               // (out, H), (out)
    int64_t batches_tracked = 0;
    int64_t in() const { return first_weight.defined() ? first_weight.dim(1) : 0; }
    int64_t hidden() const { return first_weight.defined() ? first_weight.dim(0) : 0; }
    int64_t out() const { return second_weight.defined() ? second_weight.dim(0) : 0; }
  };
  const Half& encoder() const { return encoder_; }
  const Half& decoder() const { return decoder_; }

 private:
  std::vector<std::pair<std::string, Tensor*>> tensors();  // all but the counters, by name
  Half encoder_, decoder_;
  Likelihood likelihood_ = Likelihood::gaussian;
  std::optional<double> present_above_;
};

}  // namespace ceir
