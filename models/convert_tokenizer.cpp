// The tokenizer that goes with a checkpoint which has none.
#include <algorithm>
#include <filesystem>

#include "data/openai_vocabulary.h"
#include "data/tokenizer.h"
#include "kernels/base/error.h"
#include "models/convert.h"
#include "tensor/io/file.h"
#include "tensor/io/json.h"
#include "tensor/io/utf8.h"
#include "weights/hub_names.h"

namespace ceir {
namespace fs = std::filesystem;
namespace {

using Files = std::map<std::string, std::string>;

Files files_in(const std::string& folder) {
  Files files;
  std::error_code ignored;
  for (const std::string& name : tokenizer_file_names())
    if (fs::is_regular_file(folder + "/" + name, ignored)) files[name] = read_text_file(folder + "/" + name);
  const bool vocabulary = files.contains("spiece.model") || files.contains("tokenizer.json") || (files.contains("vocab.json") && files.contains("merges.txt"));
  return vocabulary ? files : Files{};
}

// OpenAI's and open_clip's byte-pair tokenizers clean texts up in OpenAI's way; so do these files from now on.
void set_form(Files& files, CheckpointOrigin origin) {
  if (files.contains("spiece.model") || (origin != CheckpointOrigin::openai && origin != CheckpointOrigin::open_clip)) return;
  std::string& text = files["tokenizer_config.json"];
  Json json = text.empty() ? Json::object().set("tokenizer_class", "CLIPTokenizer") : Json::parse(text, "tokenizer_config.json");
  text = json.set("ceir_text_form", "openai").dump(2) + "\n";
}

std::string folder_of_name(const std::string& named) {
  std::error_code ignored;
  if (fs::is_directory(named, ignored)) return named;
  if (fs::exists(named, ignored)) {
    const std::string parent = fs::path(named).parent_path().string();
    return parent.empty() ? "." : parent;
  }
  if (const auto name = parse_hub_name(named)) {
    if (const auto snapshot = find_cached_snapshot(hub_cache_folder(), *name)) return snapshot->folder;
    fail(ErrorKind::network, "--tokenizer {}: no such folder, and not in the hub cache; fetch it with `ceir download {}`", printable(named), printable(named));
  }
  bad_input("--tokenizer {}: no such folder or file", printable(named, 4096));
}

// A byte-pair tokenizer of some CLIP in the hub's cache, of this very size.
FoundTokenizer from_cache(int64_t vocabulary) {
  std::error_code ignored;
  std::vector<std::string> folders;
  const std::string cache = hub_cache_folder();
  for (const auto& model : fs::directory_iterator(cache, ignored)) {
    if (!model.path().filename().string().starts_with("models--")) continue;
    for (const auto& snapshot : fs::directory_iterator(model.path() / "snapshots", ignored)) folders.push_back(snapshot.path().string());
  }
  std::ranges::sort(folders);   // the same one every time
  for (const std::string& folder : folders) {
    try {
      Files files = files_in(folder);
      if (files.empty() || files.contains("spiece.model")) continue;
      if (open_tokenizer(files, folder)->vocabulary_size() == vocabulary && open_tokenizer(files, folder)->start_id() >= 0) return {std::move(files), folder};
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::bad_input) throw;   // another model's: not what is looked for
    }
  }
  return {};
}

}  // namespace

FoundTokenizer find_tokenizer_for(const CheckpointSource& source, const std::string& named) {
  if (!source.config.text) {
    if (!named.empty()) usage_error("--tokenizer: {} has no text tower", source.weights.path());
    return {};
  }
  FoundTokenizer found;
  if (!named.empty()) {
    if (is_openai_vocabulary(named)) {
      found = {openai_vocabulary(named), named};
    } else {
      found.where = folder_of_name(named);
      found.files = files_in(found.where);
    }
    if (found.files.empty()) bad_input("--tokenizer {}: no tokenizer there; looked for tokenizer.json, vocab.json with merges.txt, and spiece.model", printable(named, 4096));
    const int64_t size = open_tokenizer(found.files, printable(found.where, 4096))->vocabulary_size();
    if (size > source.config.text->vocabulary)
      bad_input("--tokenizer {}: knows {} tokens, the model's text tower only {}; are they of one model?", printable(named, 4096), size, source.config.text->vocabulary);
  } else if (!source.folder.empty()) {
    found = {files_in(source.folder), source.folder};
  }
  if (found.files.empty() && source.origin != CheckpointOrigin::hugging_face) found = from_cache(source.config.text->vocabulary);
  if (!found.files.empty()) set_form(found.files, source.origin);
  return found;
}

}  // namespace ceir
