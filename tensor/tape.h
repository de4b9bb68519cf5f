// Reverse-mode automatic differentiation, in one sitting.
//
//   Tape tape;                              // operations of this thread are recorded while it lives
//   Tensor loss = model(x);                 // parameters were made leaves by track()
//   tape.backward(loss);
//   Tensor g = tape.gradient(weight);
//
// The tape is a vector of nodes in the order of creation, so backward is one reverse loop. Gradients live
// beside the tape, keyed by tensor id; the first contribution is moved in, later ones are added in place.
// A node's saved tensors (captured by its function) are freed as the loop passes it.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tensor/tensor.h"

namespace ceir {

// Gradient of the output in (contiguous), gradients of the inputs out (any strides), in their order; an undefined
// Tensor means zero or not needed (look at tracked() of the input to save the work).
using Backward = std::function<std::vector<Tensor>(const Tensor& dy)>;
// The same of an operation with several results: a gradient for each, undefined where nothing came back from it.
using BackwardOfSeveral = std::function<std::vector<Tensor>(const std::vector<Tensor>& dys)>;

class Tape {
 public:
  Tape();   // becomes this thread's tape; tapes nest
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  // Ends the recording before the tape's life does; backward may then run on any thread.
  void stop();

  // Runs the reverse loop from `y` with dL/dy = seed (ones when not given; then y must have one element). Once per tape.
  void backward(const Tensor& y, const Tensor& seed = {});

  // dL/dx, or an undefined Tensor when x did not matter. Contiguous. Ask for leaves: those of
  // intermediates are freed on the way.
  Tensor gradient(const Tensor& x) const;

  size_t size() const { return nodes_.size(); }
  std::vector<std::string> operations() const;  // names of the nodes, in order

 private:
  friend void record(const char*, std::vector<Tensor*>, const std::vector<Tensor>&, BackwardOfSeveral);
  struct Node {
    const char* name;
    std::vector<uint64_t> inputs, outputs;
    BackwardOfSeveral backward;
  };
  void accumulate(uint64_t id, Tensor gradient);

  std::vector<Node> nodes_;
  std::unordered_map<uint64_t, Tensor> gradients_;
  Tape* outer_;
  bool stopped_ = false;
};

// Nothing is recorded on this thread while it lives.
class NoTape {
 public:
  NoTape();
  ~NoTape();
  NoTape(const NoTape&) = delete;
  NoTape& operator=(const NoTape&) = delete;

 private:
  Tape* outer_;
};

bool recording();  // is there a tape on this thread?

// Called by every differentiable operation: returns y, with an identity and a node when a tape is active and an
// input is tracked; else y as it is (the function is dropped).
Tensor record(const char* name, Tensor y, const std::vector<Tensor>& inputs, Backward backward);
// The same for several results, in place.
void record(const char* name, std::vector<Tensor*> results, const std::vector<Tensor>& inputs, BackwardOfSeveral backward);

// Names of all operations recorded by this process so far (the test that every one has a gradient check).
std::vector<std::string> operations_recorded();

}  // namespace ceir
