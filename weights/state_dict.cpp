// From the object that a checkpoint holds to named tensors, and from folders to checkpoints.
#include <algorithm>
#include <filesystem>

#include "kernels/base/error.h"
#include "tensor/io/file.h"
#include "tensor/io/utf8.h"
#include "weights/pickled.h"
#include "weights/pickled_file.h"
#include "weights/safetensors.h"

namespace ceir {
namespace fs = std::filesystem;
namespace {

// What training programs call the state dict inside their checkpoint.
constexpr const char* wrappers[] = {"state_dict", "model_state_dict", "model", "module", "net", "network", "weights", "ema"};
// What wrappers of a model put before every name: DistributedDataParallel, torch.compile, Lightning modules.
constexpr std::string_view prefixes[] = {"module.", "_orig_mod.", "model."};
constexpr int deepest = 64;
constexpr size_t most_steps = 1'000'000;   // shared parts of a hostile dictionary can be named without end

std::string some_keys(const Pickle& pickle, const PickleValue& dict) {
  std::string keys;
  for (size_t i = 0; i + 1 < dict.items.size() && keys.size() < 120; i += 2)
    if (const PickleValue& k = pickle.at(dict.items[i]); k.kind == PickleKind::text) keys += (keys.empty() ? "'" : ", '") + printable(k.text, 40) + "'";
  return keys.empty() ? "none that is a text" : keys;
}

bool holds_tensors(const Pickle& pickle, const PickleValue& v) {
  if (v.kind != PickleKind::dict) return false;
  for (size_t i = 1; i < v.items.size(); i += 2)
    if (pickle.at(v.items[i]).kind == PickleKind::tensor) return true;
  return false;
}

}  // namespace

struct PickledFile::Flattener {
  const Pickle& pickle;
  const std::string& path;
  std::vector<std::pair<std::string, const PickledTensor*>> tensors;
  std::map<std::string, int64_t>& integers;
  size_t steps = 0;

  void add(const std::string& name, const PickleValue& v, int depth) {
    if (++steps > most_steps) bad_input("{}: its dictionaries name more than {} things; a checkpoint has far fewer", path, most_steps);
    if (v.kind == PickleKind::tensor) {
      if (name.size() > 4096 || !is_utf8(name)) bad_input("{}: a tensor's name is not UTF-8 or has {} bytes", path, name.size());
      tensors.emplace_back(name, &pickle.tensors[static_cast<size_t>(v.integer)]);
    } else if (v.kind == PickleKind::integer) {
      integers[name] = v.integer;
    } else if (v.kind == PickleKind::dict || v.kind == PickleKind::object) {
      const PickleValue* dict = &v;
      if (v.kind == PickleKind::object) {
        if (v.items.empty()) return;
        dict = &pickle.at(v.items[0]);
        if (dict->kind != PickleKind::dict) return;   // an object that packs its state, such as a quantised layer's
      }
      if (depth > deepest) bad_input("{}: its dictionaries are nested more than {} deep", path, deepest);
      for (size_t i = 0; i + 1 < dict->items.size(); i += 2)
        if (const PickleValue& key = pickle.at(dict->items[i]); key.kind == PickleKind::text)
          add(name.empty() ? std::string(key.text) : name + "." + std::string(key.text), pickle.at(dict->items[i + 1]), depth + 1);
    }
  }
};

void PickledFile::flatten(const Pickle& pickle) {
  const PickleValue* dict = &pickle.top();
  for (bool found = true; found && dict->kind == PickleKind::dict && wrapper_.size() < 64;) {
    found = false;
    for (const char* key : wrappers)
      if (const PickleValue* inner = pickle.find(*dict, key); inner && inner->kind == PickleKind::dict && (!holds_tensors(pickle, *dict) || holds_tensors(pickle, *inner))) {
        dict = inner;
        wrapper_ += (wrapper_.empty() ? "" : ".") + std::string(key);
        found = true;
        break;
      }
  }
  if (dict->kind != PickleKind::dict && dict->kind != PickleKind::object)
    bad_input("{}: holds one {} where a dictionary of tensors should be; save the model's state_dict()", path_, dict->kind == PickleKind::tensor ? "tensor" : "value");
  Flattener flat{pickle, path_, {}, integers_};
  flat.add("", *dict, 0);
  if (flat.tensors.empty())
    bad_input("{}: holds no tensors; its keys are {}", path_, dict->kind == PickleKind::dict ? some_keys(pickle, *dict) : "those of a TorchScript module");
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view prefix : prefixes)
      if (std::ranges::all_of(flat.tensors, [&](const auto& t) { return t.first.starts_with(prefix) && t.first.size() > prefix.size(); })) {
        for (auto& [name, tensor] : flat.tensors) name.erase(0, prefix.size());
        again = true;
      }
  }
  std::vector<TensorInfo> infos;
  for (const auto& [name, t] : flat.tensors) {
    if (!order_.emplace(name, places_.size()).second) bad_input("{}: the tensor '{}' is there twice", path_, printable(name));
    places_.push_back(*t);
    infos.push_back({name, t->dtype, t->shape, t->offset * t->element_bytes, (t->offset + t->span) * t->element_bytes});
  }
  set_tensors(std::move(infos));
}

WeightFiles open_any_weights(const std::string& path) {
  std::error_code ignored;
  const auto is_file = [&](const std::string& p) { return fs::is_regular_file(p, ignored); };
  const std::string shown = printable(path, 4096);
  if (!fs::is_directory(path, ignored)) {
    if (path.ends_with(".safetensors") || path.ends_with(".index.json") || !fs::exists(path, ignored)) return WeightFiles(path);
    return WeightFiles(std::make_shared<PickledFile>(path));
  }
  std::vector<std::string> pickles;
  for (const auto& entry : fs::directory_iterator(path, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json")) return WeightFiles(path);
    // training_args.bin and optimizer.pt lie beside Hugging Face's weights and are none.
    if (named_pickled(name) && is_file(entry.path().string()) && name != "training_args.bin" && name != "optimizer.pt" && name != "scheduler.pt") pickles.push_back(name);
  }
  for (const char* name : {"pytorch_model.bin", "open_clip_pytorch_model.bin"})
    if (is_file(path + "/" + name)) return WeightFiles(std::make_shared<PickledFile>(path + "/" + name));
  if (const std::string index = path + "/pytorch_model.bin.index.json"; is_file(index)) {
    std::vector<std::shared_ptr<TensorFile>> files;
    for (const auto& [name, expected] : read_shard_index(index, path)) {
      files.push_back(std::make_shared<PickledFile>(path + "/" + name));
      for (const std::string& tensor : expected)
        if (!files.back()->find(tensor)) bad_input("{}: says that tensor '{}' lies in '{}', but it does not", printable(index, 4096), printable(tensor), printable(name));
    }
    return WeightFiles(std::move(files), shown);
  }
  std::ranges::sort(pickles);
  if (pickles.empty()) return WeightFiles(path);   // says what was looked for
  if (pickles.size() > 1) bad_input("{}: holds {} pickled checkpoints ({}, {}, ...); name the one to read", shown, pickles.size(), printable(pickles[0]), printable(pickles[1]));
  return WeightFiles(std::make_shared<PickledFile>(path + "/" + pickles[0]));
}

}  // namespace ceir
