// From what a user calls a model to the files it consists of.
#pragma once
#include <string>

#include "weights/hub_names.h"

namespace ceir {

struct ModelSource {
  bool built_in = false;   // "nano": its files are in the program (weights/embedded.h)
  std::string folder;      // where config.json, preprocessor_config.json and the tokenizer's files lie
  std::string weights;     // for WeightFiles: the folder, or one .safetensors
  std::string config;      // path of config.json
};

// "nano"; a folder; a .safetensors; "local-dir:PATH"; a hub name that lies in the hub cache (weights/hub_names.h:
// "org/name", "hf-hub:org/name", "org/name@revision", open_clip's "ViT-B-32/openai"). Throws Error(bad_input) for what is
// none of them, for a pickled checkpoint (only `convert` reads those) and for a folder without config.json;
// Error(network) for a hub name that is not in the cache.
ModelSource find_model(const std::string& model);

}  // namespace ceir
