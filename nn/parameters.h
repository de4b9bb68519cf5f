// A model's parameters by their names in the checkpoint.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "tensor/tensor.h"

namespace ceir {

using Parameters = std::vector<std::pair<std::string, Tensor*>>;

// Makes every parameter a leaf of the tape.
inline void track(Parameters parameters) {
  for (auto& [name, tensor] : parameters) tensor->track();
}

}  // namespace ceir
