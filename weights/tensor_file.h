// What every file of named tensors offers, whatever its format: safetensors, or a checkpoint that torch.save wrote.
#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tensor/io/stored.h"
#include "tensor/tensor.h"

namespace ceir {

// One tensor as the header describes it. `dtype` is safetensors' word ("F32", "BF16", "I64", "BOOL", "F8_E4M3", ...).
// [begin, end): its bytes within the data section (of a pickled checkpoint: within its storage).
struct TensorInfo {
  std::string name, dtype;
  Shape shape;
  int64_t begin, end;
};

// The type that `tensor()` reads the file's word as; nothing for those it refuses (F4, F6_E2M3, F6_E3M2, C64).
std::optional<Stored> stored_type(const TensorInfo& info);

class TensorFile {
 public:
  virtual ~TensorFile() = default;
  TensorFile(const TensorFile&) = delete;
  TensorFile& operator=(const TensorFile&) = delete;

  const std::string& path() const { return path_; }   // as it begins messages
  const std::vector<TensorInfo>& tensors() const { return tensors_; }
  const TensorInfo* find(const std::string& name) const;
  // Its values, of the type that stored_type() says (tensor/io/stored.h): a borrowed view of the file where it can be used
  // as it lies, else a copy; strided where the file holds it so. Throws Error(bad_input) for an unknown name, naming the
  // closest, for values that do not fit, and for the types of fewer than 8 bits and complex numbers.
  virtual Tensor tensor(const std::string& name) const = 0;
  // Its bytes in C order, as stored; `buffer` holds them where they must be gathered.
  virtual std::span<const std::byte> raw(const TensorInfo& info, std::vector<std::byte>& buffer) const = 0;
  // Words to the system about the tensor's pages of a mapped file: not needed again soon; needed soon; needed now.
  virtual void forget(const TensorInfo& info) const = 0;
  virtual void read_ahead(const TensorInfo&) const {}
  virtual void map(const TensorInfo&) const {}

 protected:
  TensorFile() = default;
  void set_tensors(std::vector<TensorInfo> tensors);   // builds the index; names are unique
  // For tensor(): the description, and its type; both throw.
  const TensorInfo& require(const std::string& name) const;
  Stored require_stored(const TensorInfo& info) const;

  std::string path_;

 private:
  std::vector<TensorInfo> tensors_;
  std::map<std::string, size_t> index_;
};

// The end of a message about an unknown name: ", did you mean 'x'?", or nothing for an empty candidate.
std::string did_you_mean(const std::string& candidate);

}  // namespace ceir
