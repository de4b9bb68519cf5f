// The image towers of the timm library that open_clip's SigLIP models are made of (Zhai et al. 2023; Tschannen et al. 2025).
#pragma once
#include <string>

#include "models/clip_config.h"

namespace ceir {

// "vit_so400m_patch14_siglip_384" -> its sizes; the name says them all. timm computes exact GELU in the first generation's
// towers, where the weights' own code has the tanh form; what open_clip gives is what we give.
// Throws Error(bad_input) for any other tower of timm. `where` begins the message.
ImageTowerConfig timm_siglip_tower(const std::string& timm_name, const std::string& where);

}  // namespace ceir
