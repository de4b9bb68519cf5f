// Adam: Kingma & Ba 2015, algorithm 1; eps is added to sqrt(v_hat), after bias correction. With weight_decay it is AdamW
// (Loshchilov & Hutter 2019, algorithm 2).
#pragma once
#include <array>

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

  // For steps that a device does without asking: what changes from update to update lies in its memory.
  // Those of update t (1-based), f32: learning rate / (1 - beta1^t), sqrt(1 - beta2^t), 1 - learning rate x decay.
  std::array<float, 3> rates(double lr, int64_t t) const;
  // One f32 update whose rates (3) are read when it is done; not counted: that is for who knows how often it is done.
  void queue(const Tape& tape, const Tensor& rates);
  void count_steps(int64_t more) { steps_ += more; }

  // For checkpoints: moments named "adam.m.NAME", "adam.v.NAME".
  std::vector<std::pair<std::string, Tensor>> state() const;
  void restore(const std::vector<std::pair<std::string, Tensor>>& state, int64_t steps);

 private:
  void update_all(const std::vector<Tensor>& gradients, double lr, const Tensor& rates);
  Parameters parameters_;
  AdamOptions options_;
  std::vector<Tensor> m_, v_;
  int64_t steps_ = 0;
};

}  // namespace ceir
