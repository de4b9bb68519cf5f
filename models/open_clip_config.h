// The configurations of open_clip (github.com/mlfoundations/open_clip) and of OpenAI's archives, which have none.
#pragma once
#include <string>

#include "models/clip_config.h"
#include "weights/weight_files.h"

namespace ceir {

// From open_clip_config.json, or one of open_clip's model_configs/*.json, which is its model_cfg alone. `name` is what the
// model is called: "-quickgelu" in it stands for the `quick_gelu` key where the file has none. `where` begins messages.
// Throws Error(bad_input) for a tower that is not known here (timm's but SigLIP's, Hugging Face text towers, CoCa) and for an
// option that would change what is computed.
ClipConfig clip_config_from_open_clip(const Json& json, const std::string& where, const std::string& name = "");

// {model_cfg}: what clip_config_from_open_clip reads back.
Json to_open_clip_json(const ClipConfig& config);

// As OpenAI's build_model does: everything follows from the shapes of the tensors (names as in an archive's state
// dictionary). QuickGELU always; heads are width / 64.
ClipConfig clip_config_from_openai(const WeightFiles& weights);

// torchvision's ResNet-50, 101 or 152 ("conv1.weight", "layer1.0.conv1.weight", ...) from the shapes of its tensors;
// `image_size` in pixels.
ClipConfig clip_config_from_torchvision(const WeightFiles& weights, int64_t image_size = 224);
bool is_torchvision_resnet(const WeightFiles& weights);

}  // namespace ceir
