// What can be had of a model without reading its weights: its preprocessing, its tokenizer, the length of its texts.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "data/preprocess.h"
#include "data/tokenizer.h"

namespace ceir {

// `model` as Clip::open takes it; any folder will do that holds the files in question (a tokenizer's alone, a sentence
// encoder's). Throws Error(bad_input) naming the files looked for, Error(network) for a hub name that is not in the cache.
Preprocess preprocess_of_model(const std::string& model);
std::unique_ptr<Tokenizer> tokenizer_of_model(const std::string& model, std::optional<TextForm> form = {});
// Ids a text has after padding: max_position_embeddings of config.json (77 for CLIP, 64 for SigLIP where it says nothing),
// or open_clip's context_length (77).
int64_t context_of_model(const std::string& model);

}  // namespace ceir
