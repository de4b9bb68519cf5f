#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "kernels/base/closest.h"
#include "tensor/io/file.h"
#include "tensor/io/json.h"
#include "tensor/io/utf8.h"
#include "weights/pickled.h"
#include "weights/safetensors.h"
#include "weights/weight_files.h"

namespace ceir {
namespace fs = std::filesystem;
namespace {

// A shard is a plain name: the index may not reach outside its folder.
void check_shard_name(const std::string& name, const std::string& where) {
  if (name.empty() || name == "." || name == ".." || name.find_first_of(std::string_view("/\\\0", 3)) != std::string::npos)
    bad_input("{}: names the shard '{}'; shards must lie in the folder of the index, by their plain file name", where, printable(name));
}

bool lies_in(const fs::path& file, const fs::path& folder) {
  const fs::path relative = file.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != ".." && *relative.begin() != ".";
}

// Nor may a symbolic link. The hub's cache is made of links, snapshots/REVISION/NAME to blobs/HASH: those stay inside the model.
void check_shard_place(const std::string& folder, const std::string& name, const std::string& where) {
  std::error_code error;
  const fs::path home = fs::canonical(folder, error), file = fs::canonical(fs::path(folder) / name, error);
  if (error) bad_input("{}: the shard '{}' cannot be found: {}", where, printable(name), error.message());
  const bool in_cache = home.parent_path().filename() == "snapshots" && lies_in(file, home.parent_path().parent_path() / "blobs");
  if (!in_cache && !lies_in(file, home))
    bad_input("{}: the shard '{}' is a link out of the folder (to {}); shards must lie in the folder of the index", where, printable(name), printable(file.string(), 4096));
}

std::string why_none(const std::string& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (named_pickled(entry.path().filename().string()))
      return fmt::format("it holds only the pickled checkpoint {}, which `ceir convert` turns into safetensors", printable(entry.path().filename().string()));
  return "looked for model.safetensors, model.safetensors.index.json and any single .safetensors file";
}

}  // namespace

std::map<std::string, std::vector<std::string>> read_shard_index(const std::string& index_path, const std::string& folder) {
  const Json json = Json::read(index_path);
  const std::string where = printable(index_path, 4096);
  std::map<std::string, std::vector<std::string>> shards;
  for (const auto& [tensor, file] : json.at("weight_map", where).as_object(where + ": weight_map")) {
    const std::string name = file.as_string(fmt::format("{}: weight_map: '{}'", where, printable(tensor)));
    check_shard_name(name, where);
    shards[name].push_back(tensor);
  }
  if (shards.empty()) bad_input("{}: its weight_map is empty", where);
  std::error_code ignored;
  for (const auto& [name, expected] : shards) {
    if (!fs::exists(folder + "/" + name, ignored)) bad_input("{}: the shard '{}' is missing ({} tensors lie in it)", where, printable(name), expected.size());
    check_shard_place(folder, name, where);
  }
  return shards;
}

WeightFiles::WeightFiles(std::shared_ptr<TensorFile> file) : path_(file->path()) { add(std::move(file)); }

WeightFiles::WeightFiles(std::vector<std::shared_ptr<TensorFile>> files, std::string path) : path_(std::move(path)) {
  for (auto& file : files) add(std::move(file));
}

WeightFiles::WeightFiles(const std::string& path) : path_(printable(path, 4096)) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) {
    if (path.ends_with(".index.json")) bad_input("{}: give the folder that holds the index, not the index", path_);
    add(std::make_shared<SafetensorsFile>(path));
    return;
  }
  const std::string single = path + "/model.safetensors", index = path + "/model.safetensors.index.json";
  if (is_file(single)) {
    add(std::make_shared<SafetensorsFile>(single));
    return;
  }
  if (!is_file(index)) {
    std::vector<std::string> found;  // open_clip's folders name the file otherwise; one alone is unambiguous
    for (const auto& entry : fs::directory_iterator(path, ignored))
      if (entry.path().extension() == ".safetensors" && entry.is_regular_file(ignored)) found.push_back(entry.path().string());
    std::ranges::sort(found);
    if (found.size() > 1)
      bad_input("{}: holds {} .safetensors files and no model.safetensors.index.json that says which belong together", path_, found.size());
    if (found.empty()) bad_input("{}: holds no weights: {}", path_, why_none(path));
    add(std::make_shared<SafetensorsFile>(found[0]));
    return;
  }
  for (const auto& [name, expected] : read_shard_index(index, path)) {
    add(std::make_shared<SafetensorsFile>(path + "/" + name));
    for (const std::string& tensor : expected)
      if (!files_.back()->find(tensor))
        bad_input("{}: says that tensor '{}' lies in '{}', but it does not", printable(index, 4096), printable(tensor), printable(name));
  }
}

void WeightFiles::add(std::shared_ptr<TensorFile> file) {
  for (const TensorInfo& t : file->tensors())
    if (const auto [it, fresh] = owner_.emplace(t.name, file.get()); !fresh)
      bad_input("{}: tensor '{}' lies in '{}' too; the shards are from different models", file->path(), printable(t.name), it->second->path());
  files_.push_back(std::move(file));
}

std::vector<std::string> WeightFiles::names() const {
  std::vector<std::string> all;
  for (const auto& [name, file] : owner_) all.push_back(name);
  return all;
}

bool WeightFiles::has(const std::string& name) const { return owner_.count(name) != 0; }

TensorFile& WeightFiles::owner(const std::string& name) const {
  const auto it = owner_.find(name);
  if (it == owner_.end()) bad_input("{}: has no tensor '{}'{}", path_, printable(name), did_you_mean(closest(name, names())));
  return *it->second;
}

const TensorInfo& WeightFiles::info(const std::string& name) const { return *owner(name).find(name); }

Tensor WeightFiles::stored(const std::string& name) const { return owner(name).tensor(name); }

void WeightFiles::forget(const std::string& name) const { owner(name).forget(info(name)); }

void WeightFiles::read_ahead(const std::string& name) const { owner(name).read_ahead(info(name)); }

void WeightFiles::map(const std::string& name) const { owner(name).map(info(name)); }

Tensor WeightFiles::load(const std::string& name, DType dtype) const { return owner(name).tensor(name).to(dtype).contiguous(); }

Tensor WeightFiles::load(const std::string& name, const Shape& expected, DType dtype) const {
  const TensorInfo& t = info(name);
  if (!(t.shape == expected))
    bad_input("{}: tensor '{}' has shape {}, expected {}; is the config.json from another model?", owner(name).path(), printable(name), t.shape.str(),
              expected.str());
  return load(name, dtype);
}

}  // namespace ceir
