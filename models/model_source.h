// From what a user calls a model to the files it consists of.
#pragma once
#include <cstdint>
#include <string>

#include "weights/hub_names.h"

namespace ceir {

// Whose configuration it is; `none`: the tensors have to speak for themselves (a plain ResNet, perhaps with timm's config.json).
enum class ConfigKind : uint8_t { hugging_face, open_clip, none };

struct ModelSource {
  bool built_in = false;   // "nano": its files are in the program (weights/embedded.h)
  std::string folder;      // where the configuration and the tokenizer's files lie
  std::string weights;     // for WeightFiles: the folder, or one .safetensors
  std::string config;      // path of config.json or open_clip_config.json; may be empty for `none`
  ConfigKind kind = ConfigKind::hugging_face;
};

// "nano"; a folder; a .safetensors; "local-dir:PATH"; a hub name that lies in the hub cache (weights/hub_names.h:
// "org/name", "hf-hub:org/name", "org/name@revision", open_clip's "ViT-B-32/openai"). A folder that holds both Hugging
// Face's and open_clip's files (as the hub's often do) is read as Hugging Face's where its weights are there, unless
// open_clip's name was asked for. Throws Error(bad_input) for what is none of them, and for a pickled checkpoint (only
// `convert` reads those); Error(network) for a hub name that is not in the cache.
ModelSource find_model(const std::string& model);

}  // namespace ceir
