// What model a file of weights holds, and whether all of it: for `ceir inspect`, by headers alone.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "models/clip_config.h"
#include "models/known_models.h"
#include "tensor/io/json.h"

namespace ceir {

// The published architecture with these sizes; null when there is none.
const KnownArchitecture* architecture_of(const ClipConfig& config);

// "CLIP: vision transformer of 12 layers x 768 for 224 px in patches of 32; text tower of 12 x 512, 49408 tokens; space of 512"
std::string describe_config(const ClipConfig& config);

// Facts in order of interest: "model", "published as", "layout", "complete" (true, or a sentence that names the first
// tensor that is missing, left over or of the wrong shape). Empty for what holds no CLIP, SigLIP or ResNet. A configuration that cannot be used
// is told in "model"; nothing is thrown for it.
std::vector<std::pair<std::string, Json>> identify_model(const std::string& path);

}  // namespace ceir
