// What this machine has, as `ceir doctor` shows it: asked of the system, nothing started.
#pragma once
#include <string>
#include <vector>

#include "tensor/io/json.h"

namespace ceir {

struct MachineFact {
  std::string section, name, value;
};

// Sections "processor", "memory", "kernels" (which variant of each operation runs), "libraries" (those opened when needed:
// where they are found, by opening and closing them; the GPU is not touched), "linked" (shared libraries of this program),
// "cache" (the hub's folder, models in it, room left), "environment" (variables that change what commands do; tokens are
// not shown).
std::vector<MachineFact> machine_facts();

std::string text_of(const std::vector<MachineFact>& facts);
Json json_of(const std::vector<MachineFact>& facts);   // {"processor": {"model": ..}, ..}

}  // namespace ceir
