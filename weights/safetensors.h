// The safetensors format: 8 bytes header length, JSON header, data (github.com/huggingface/safetensors).
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tensor/io/stored.h"
#include "tensor/tensor.h"

namespace ceir {

// One tensor as the header describes it. `dtype` is the file's word ("F32", "BF16", "I64", "BOOL", "F8_E4M3", ...).
struct TensorInfo {
  std::string name, dtype;
  Shape shape;
  int64_t begin, end;  // bytes within the data section
};

// The type that `tensor()` reads the file's word as; nothing for those it refuses (F4, F6_E2M3, F6_E3M2, C64).
std::optional<Stored> stored_type(const TensorInfo& info);

// A memory-mapped file, or bytes in memory. The header and layout are checked wholly on opening: duplicates, holes,
// overlaps, trailing bytes, overflow, shape against size. Throws Error(bad_input) that names the file, the tensor and
// what is wrong; a pickled checkpoint is recognised and refused with a pointer to `ceir convert`.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::string& path);
  // `owner` keeps the bytes alive; null when they outlive the program (the built-in model). `display_name` begins messages.
  SafetensorsFile(std::span<const std::byte> bytes, std::string display_name, std::shared_ptr<const void> owner = nullptr);

  const std::string& path() const { return path_; }
  const std::vector<TensorInfo>& tensors() const { return tensors_; }  // in the order of their data
  const TensorInfo* find(const std::string& name) const;
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  // A borrowed view of the mapping when the data is aligned, else a copy. Types that tensors do not have are widened
  // to one that holds them exactly (tensor/io/stored.h: I16, U16, U32, U64 to i64, BOOL to u8, F8 to f32). Throws for
  // an unknown name, for U64 values beyond i64, and for the types of fewer than 8 bits and complex numbers.
  Tensor tensor(const std::string& name) const;
  std::span<const std::byte> raw(const TensorInfo& info) const;  // the bytes as stored
  int64_t data_begin() const { return data_begin_; }             // of the data section within the file

 private:
  void parse();

  std::string path_;
  std::shared_ptr<const void> owner_;
  std::span<const std::byte> bytes_;
  int64_t data_begin_ = 0;
  std::vector<TensorInfo> tensors_;
  std::map<std::string, size_t> index_;
  std::map<std::string, std::string> metadata_;
};

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

// Writes atomically. Tensors are laid out in the order given, header keys in the same order, data aligned to 8 bytes:
// equal input gives equal bytes.
void write_safetensors(const std::string& path, const NamedTensors& tensors,
                       const std::vector<std::pair<std::string, std::string>>& metadata = {});

// A model's weights wherever they lie: one file, a folder with model.safetensors, or a folder with
// model.safetensors.index.json and its shards (which may not point outside the folder). Throws Error(bad_input): no
// weights there (a pickled checkpoint is named, with `ceir convert`), a shard missing, a tensor that the index names
// but no shard holds, one in two shards.
class WeightFiles {
 public:
  explicit WeightFiles(const std::string& path);
  explicit WeightFiles(std::shared_ptr<SafetensorsFile> file);  // one that is open already: the built-in model
  std::vector<std::string> names() const;           // sorted
  bool has(const std::string& name) const;
  const TensorInfo& info(const std::string& name) const;  // throws naming the closest existing name
  // Widened to f32 (or f64; F64 rounds to f32), contiguous; shape checked against `expected`, with a hint in the error.
  Tensor load(const std::string& name, const Shape& expected, DType dtype = DType::f32) const;
  Tensor load(const std::string& name, DType dtype = DType::f32) const;
  const std::string& path() const { return path_; }
  const std::vector<std::shared_ptr<SafetensorsFile>>& files() const { return files_; }

 private:
  void add(std::shared_ptr<SafetensorsFile> file);
  SafetensorsFile& owner(const std::string& name) const;

  std::string path_;
  std::vector<std::shared_ptr<SafetensorsFile>> files_;
  std::map<std::string, SafetensorsFile*> owner_;
};

// The end of a message about an unknown name: ", did you mean 'x'?", or nothing for an empty candidate.
std::string did_you_mean(const std::string& candidate);

}  // namespace ceir
