// An observer of a model's intermediate tensors: what `--trace DIR` and the parity tests see.
#pragma once
#include <functional>
#include <string>

#include "tensor/tensor.h"

namespace ceir {

// Called with a step's name ("embeddings", "layer_00_part1_norm1", ...) and its tensor on the CPU, batch first, in the order of
// computation. Models take a pointer to it: one null check when absent. With a trace the last block is computed for all tokens.
using Trace = std::function<void(const std::string& name, const Tensor& value)>;

inline void trace_step(const Trace* trace, const std::string& name, const Tensor& value) {
  if (trace) (*trace)(name, value.on(Device::cpu));
}

// Writes DIR/step_NN_name.npy (prefix "step_") or text_step_NN_name.npy for the first row of the first batch it sees,
// float32, NN counting from 00. Makes the folder.
Trace trace_writer(const std::string& folder, const std::string& prefix);

}  // namespace ceir
