// A model's weights wherever they lie: one file or several that belong together.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "weights/tensor_file.h"

namespace ceir {

// Names and shapes of all files together. Throws Error(bad_input) for a name that two files hold.
class WeightFiles {
 public:
  // A .safetensors; a folder with model.safetensors, with any one other .safetensors, or with model.safetensors.index.json
  // and its shards (which may not lie outside the folder, symbolic links resolved; the hub cache's own blobs apart).
  // Throws Error(bad_input): no weights there (a pickled checkpoint is named, with `ceir convert`), a shard missing, a tensor
  // that the index names but no shard holds, one in two shards.
  explicit WeightFiles(const std::string& path);
  explicit WeightFiles(std::shared_ptr<TensorFile> file);  // one that is open already: the built-in model
  WeightFiles(std::vector<std::shared_ptr<TensorFile>> files, std::string path);   // `path` begins messages
  std::vector<std::string> names() const;           // sorted
  bool has(const std::string& name) const;
  const TensorInfo& info(const std::string& name) const;  // throws naming the closest existing name
  // Widened to f32 (or f64; F64 rounds to f32), contiguous; shape checked against `expected`, with a hint in the error.
  Tensor load(const std::string& name, const Shape& expected, DType dtype = DType::f32) const;
  Tensor load(const std::string& name, DType dtype = DType::f32) const;
  Tensor stored(const std::string& name) const;     // as the file holds it, perhaps strided: TensorFile::tensor
  void forget(const std::string& name) const;       // TensorFile::forget, and so on
  void read_ahead(const std::string& name) const;
  void map(const std::string& name) const;
  const std::string& path() const { return path_; }
  const std::vector<std::shared_ptr<TensorFile>>& files() const { return files_; }

 private:
  void add(std::shared_ptr<TensorFile> file);
  TensorFile& owner(const std::string& name) const;

  std::string path_;
  std::vector<std::shared_ptr<TensorFile>> files_;
  std::map<std::string, TensorFile*> owner_;
};

// Shards by an index's weight_map (Hugging Face's *.index.json): file name -> the tensors it should hold. Every name is
// plain, every file is there and lies in `folder`, symbolic links resolved; `index_path` begins messages.
std::map<std::string, std::vector<std::string>> read_shard_index(const std::string& index_path, const std::string& folder);

}  // namespace ceir
