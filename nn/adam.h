// Adam: Kingma & Ba 2015, algorithm 1; eps is added to sqrt(v_hat), after bias correction. With weight_decay it is AdamW
// (Loshchilov & Hutter 2019, algorithm 2).
#pragma once
#include "nn/parameters.h"
#include "tensor/tape.h"

namespace ceir {

struct AdamOptions {
  double lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0;
};

class Adam {
 public:
  Adam(Parameters parameters, const AdamOptions& options);
  // One update of every parameter that `tape` has a gradient for; lr may be overridden by a schedule.
  void step(const Tape& tape, double lr);
  // The same with gradients in the order of the parameters; an undefined one leaves its parameter as it is.
  void step(const std::vector<Tensor>& gradients, double lr);
  void step(const Tape& tape) { step(tape, options_.lr); }
  int64_t steps() const { return steps_; }

  // For checkpoints: moments named "adam.m.NAME", "adam.v.NAME".
  std::vector<std::pair<std::string, Tensor>> state() const;
  void restore(const std::vector<std::pair<std::string, Tensor>>& state, int64_t steps);

 private:
  Parameters parameters_;
  AdamOptions options_;
  std::vector<Tensor> m_, v_;
  int64_t steps_ = 0;
};

}  // namespace ceir
