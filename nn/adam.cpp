#include "nn/adam.h"

#include <cmath>

#include "kernels/adam/adam.h"

namespace ceir {
namespace {

template <class T>
AdamUpdate<T> with_rates_of(AdamUpdate<T> a, const AdamOptions& o, double lr, int64_t t) {
  a.step_size = static_cast<T>(lr / (1 - std::pow(o.beta1, static_cast<double>(t))));
  a.sqrt_correction = static_cast<T>(std::sqrt(1 - std::pow(o.beta2, static_cast<double>(t))));
  a.shrink = static_cast<T>(1 - lr * o.weight_decay);
  return a;
}

template <class T>
AdamUpdate<T> update(Tensor& w, const Tensor& g, Tensor& m, Tensor& v, const AdamOptions& o, double lr, int64_t t) {
  AdamUpdate<T> a;
  a.w = w.data<T>(), a.g = g.data<T>(), a.m = m.data<T>(), a.v = v.data<T>(), a.n = w.numel();
  a.beta1 = static_cast<T>(o.beta1), a.beta2 = static_cast<T>(o.beta2), a.eps = static_cast<T>(o.eps);
  return with_rates_of(a, o, lr, t);
}

}  // namespace

Adam::Adam(Parameters parameters, const AdamOptions& options) : parameters_(std::move(parameters)), options_(options) {
  for (auto& [name, p] : parameters_) {
    if (!p->is_contiguous()) fail(ErrorKind::internal, "Adam: parameter '{}' is not contiguous", name);
    m_.push_back(Tensor::zeros(p->shape(), p->dtype()));
    v_.push_back(Tensor::zeros(p->shape(), p->dtype()));
  }
}

void Adam::step(const Tape& tape, double lr) {
  std::vector<Tensor> gradients;
  for (const auto& [name, p] : parameters_) gradients.push_back(tape.gradient(*p));
  step(gradients, lr);
}

void Adam::step(const std::vector<Tensor>& gradients, double lr) {
  steps_++;
  update_all(gradients, lr, {});
}

std::array<float, 3> Adam::rates(double lr, int64_t t) const {
  const AdamUpdate<float> a = with_rates_of<float>({}, options_, lr, t);
  return {a.step_size, a.sqrt_correction, a.shrink};
}

void Adam::queue(const Tape& tape, const Tensor& rates) {
  std::vector<Tensor> gradients;
  for (const auto& [name, p] : parameters_) gradients.push_back(tape.gradient(*p));
  update_all(gradients, 0, rates);
}

void Adam::update_all(const std::vector<Tensor>& gradients, double lr, const Tensor& rates) {
  if (gradients.size() != parameters_.size())
    fail(ErrorKind::internal, "Adam: {} gradients for {} parameters", gradients.size(), parameters_.size());
  std::vector<Tensor> dense;  // must live until all is updated
  std::vector<AdamUpdate<float>> f32;
  std::vector<AdamUpdate<double>> f64;
  for (size_t i = 0; i < parameters_.size(); i++) {
    Tensor& w = *parameters_[i].second;
    if (!gradients[i].defined()) continue;
    const Tensor& g = dense.emplace_back(gradients[i].contiguous());
    dispatch("Adam", w.dtype(), [&]<class T>() {
      AdamUpdate<T> a = update<T>(w, g, m_[i], v_[i], options_, lr, steps_);
      if (rates.defined()) a.rates = rates.data<T>();
      if constexpr (std::is_same_v<T, float>) f32.push_back(a);
      else f64.push_back(a);
    });
  }
  if (!f32.empty()) adam_all_variants({f32.data(), static_cast<int64_t>(f32.size())});
  if (!f64.empty()) adam_all_f64_variants({f64.data(), static_cast<int64_t>(f64.size())});
}

std::vector<std::pair<std::string, Tensor>> Adam::state() const {
  std::vector<std::pair<std::string, Tensor>> state;
  for (size_t i = 0; i < parameters_.size(); i++) {
    state.emplace_back("adam.m." + parameters_[i].first, m_[i]);
    state.emplace_back("adam.v." + parameters_[i].first, v_[i]);
  }
  return state;
}

void Adam::restore(const std::vector<std::pair<std::string, Tensor>>& state, int64_t steps) {
  for (size_t i = 0; i < parameters_.size(); i++) {
    for (const bool first : {true, false}) {
      const std::string name = (first ? "adam.m." : "adam.v.") + parameters_[i].first;
      Tensor& moment = first ? m_[i] : v_[i];
      const Tensor* found = nullptr;
      for (const auto& [key, tensor] : state)
        if (key == name) found = &tensor;
      if (!found) bad_input("optimiser state: tensor '{}' is missing", name);
      if (!(found->shape() == moment.shape()))
        bad_input("optimiser state: tensor '{}' has shape {}, expected {}", name, found->shape().str(), moment.shape().str());
      moment.copy_from(*found);
    }
  }
  steps_ = steps;
}

}  // namespace ceir
