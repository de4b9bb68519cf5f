#include "tensor/tape.h"

#include <mutex>
#include <set>

#include "tensor/ops/accumulate.h"

namespace ceir {
namespace {

thread_local Tape* current = nullptr;

std::mutex names_mutex;
std::set<std::string>& names() {
  static std::set<std::string> set;
  return set;
}
void remember(const char* name) {
  static thread_local const char* last = nullptr;  // training repeats the same few names
  if (name == last) return;
  last = name;
  std::lock_guard lock(names_mutex);
  names().insert(name);
}

}  // namespace

Tape::Tape() : outer_(current) { current = this; }
Tape::~Tape() { stop(); }
void Tape::stop() {
  if (!stopped_) current = outer_;
  stopped_ = true;
}

NoTape::NoTape() : outer_(current) { current = nullptr; }
NoTape::~NoTape() { current = outer_; }

bool recording() { return current != nullptr; }

Tensor record(const char* name, Tensor y, const std::vector<Tensor>& inputs, Backward backward) {
  if (!current) return y;
  record(name, std::vector<Tensor*>{&y}, inputs, [backward = std::move(backward)](const std::vector<Tensor>& dys) { return backward(dys[0]); });
  return y;
}

void record(const char* name, std::vector<Tensor*> results, const std::vector<Tensor>& inputs, BackwardOfSeveral backward) {
  if (!current) return;
  bool any = false;
  for (const Tensor& t : inputs) any = any || t.tracked();
  if (!any) return;
  remember(name);
  std::vector<uint64_t> in, out;
  for (const Tensor& t : inputs) in.push_back(t.id());
  for (Tensor* y : results) {
    *y = with_new_id(std::move(*y));
    out.push_back(y->id());
  }
  current->nodes_.push_back({name, std::move(in), std::move(out), std::move(backward)});
}

void Tape::accumulate(uint64_t id, Tensor gradient) {
  auto [it, first] = gradients_.try_emplace(id, std::move(gradient));
  if (!first) it->second = accumulated(std::move(it->second), gradient);
}

void Tape::backward(const Tensor& y, const Tensor& seed) {
  if (!y.tracked()) fail(ErrorKind::internal, std::string("backward: the result does not depend on any tracked tensor"));
  if (!seed.defined() && y.numel() != 1)
    fail(ErrorKind::internal, "backward: a result of shape {} needs the gradient to start from", y.shape().str());
  if (seed.defined()) require_shape("backward: the starting gradient", seed, y.shape());
  NoTape none;  // gradients of gradients are not recorded
  accumulate(y.id(), seed.defined() ? seed.detached() : Tensor::full(y.shape(), 1, y.dtype()));
  for (size_t i = nodes_.size(); i-- > 0;) {
    Node& node = nodes_[i];
    std::vector<Tensor> dys(node.outputs.size());
    bool any = false;
    for (size_t k = 0; k < dys.size(); k++) {
      const auto found = gradients_.find(node.outputs[k]);
      if (found == gradients_.end()) continue;
      dys[k] = found->second.contiguous();
      gradients_.erase(found);
      any = true;
    }
    if (any) {
      std::vector<Tensor> gradients = node.backward(dys);
      if (gradients.size() != node.inputs.size())
        fail(ErrorKind::internal, "backward of {}: {} gradients for {} inputs", node.name, gradients.size(), node.inputs.size());
      for (size_t k = 0; k < gradients.size(); k++)
        if (node.inputs[k] && gradients[k].defined()) accumulate(node.inputs[k], std::move(gradients[k]));
    }
    node.backward = nullptr;  // frees what it saved
  }
}

Tensor Tape::gradient(const Tensor& x) const {
  const auto found = gradients_.find(x.id());
  return found == gradients_.end() ? Tensor() : found->second.contiguous();
}

std::vector<std::string> Tape::operations() const {
  std::vector<std::string> list;
  for (const Node& n : nodes_) list.emplace_back(n.name);
  return list;
}

std::vector<std::string> operations_recorded() {
  std::lock_guard lock(names_mutex);
  return {names().begin(), names().end()};
}

}  // namespace ceir
