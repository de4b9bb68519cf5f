// How models lie on disk: the configuration files of each layout, and the preprocessing that goes without saying.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "data/preprocess.h"
#include "models/clip_config.h"
#include "models/model_source.h"
#include "weights/weight_files.h"

namespace ceir {

// What a model's library does to pictures when no file says so.
Preprocess default_preprocess(const ImageTowerConfig& image);

// The one place where a stored model's configuration comes from, whatever its layout.
ClipConfig read_config(const ModelSource& source, const WeightFiles& weights);
// And its preprocessing, by the same files. Throws Error(bad_input) when it makes pictures of a size the model does not take.
Preprocess read_preprocess(const ModelSource& source, const ClipConfig& config);

// The configuration as its layout writes it: Hugging Face's config.json, open_clip's, or timm's for a ResNet.
Json config_json(const ClipConfig& config);

// Every file but weights and tokenizer: (name, content).
std::vector<std::pair<std::string, std::string>> config_files(const ClipConfig& config, const Preprocess& preprocess);
std::string weights_file_name(const ClipConfig& config);

}  // namespace ceir
