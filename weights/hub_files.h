// Which files of a repository a model needs: its configuration, its tokenizer, one set of weights.
#pragma once
#include <set>
#include <string>
#include <vector>

namespace ceir {

// Configurations and tokenizer files, by name; those that a repository has are all taken.
const std::vector<std::string>& hub_small_files();

struct WeightChoice {
  std::vector<std::string> files;  // one file; none when `index` says which
  std::string index;               // a *.index.json whose shards are the weights
  bool pickled = false;            // PyTorch pickles: there are no safetensors
};

// Safetensors before pickles; Hugging Face's names before open_clip's, unless `open_clip_first` or config.json is timm's
// (whose model.safetensors is the image tower alone). `config` is the content of
// config.json, "" when there is none. Throws Error(bad_input), beginning with `where`, when there is nothing to load.
WeightChoice choose_weights(const std::set<std::string>& names, const std::string& config, bool open_clip_first, const std::string& where);

// The shard names of an index, each once; plain file names only. Throws Error(bad_input) beginning with `where`.
std::vector<std::string> shards_of(const std::string& index_json, const std::string& where);

bool is_plain_file_name(const std::string& name);  // no slash, no "..", no control characters, at most 255 bytes

// What a snapshot folder lacks to be a model: "" when it is whole.
std::string missing_in_snapshot(const std::string& folder, bool open_clip_first, WeightChoice* choice = nullptr);

}  // namespace ceir
