// The safetensors format: 8 bytes header length, JSON header, data (github.com/huggingface/safetensors).
#pragma once
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "weights/tensor_file.h"

namespace ceir {

class AtomicFile;
class MappedFile;

// A memory-mapped file, or bytes in memory. The header and layout are checked wholly on opening: duplicates, holes,
// overlaps, trailing bytes, overflow, shape against size. Throws Error(bad_input) that names the file, the tensor and
// what is wrong; a pickled checkpoint is recognised and refused with a pointer to `ceir convert`.
class SafetensorsFile : public TensorFile {
 public:
  explicit SafetensorsFile(const std::string& path);
  // `owner` keeps the bytes alive; null when they outlive the program (the built-in model). `display_name` begins messages.
  SafetensorsFile(std::span<const std::byte> bytes, std::string display_name, std::shared_ptr<const void> owner = nullptr);

  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  // A borrowed view of the mapping when the data is aligned, else a copy; contiguous. tensors() are in the order of their data.
  Tensor tensor(const std::string& name) const override;
  void forget(const TensorInfo& info) const override;
  void read_ahead(const TensorInfo& info) const override;
  void map(const TensorInfo& info) const override;
  std::span<const std::byte> raw(const TensorInfo& info, std::vector<std::byte>&) const override { return raw(info); }
  std::span<const std::byte> raw(const TensorInfo& info) const;  // the bytes as stored
  int64_t data_begin() const { return data_begin_; }             // of the data section within the file

 private:
  void parse();

  std::shared_ptr<const MappedFile> file_;   // null for bytes in memory
  std::shared_ptr<const void> owner_;
  std::span<const std::byte> bytes_;
  int64_t data_begin_ = 0;
  std::map<std::string, std::string> metadata_;
};

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

const char* safetensors_word(DType t);   // "F32"

// Writes a file tensor by tensor, atomically: what was announced must be written, in that order, before commit(). Without
// commit() nothing is left behind. Throws Error(resource) on a full disk, Error(bad_input) for a name that is not UTF-8 or
// a folder that cannot be written.
class SafetensorsWriter {
 public:
  struct Announced {
    std::string name;
    DType dtype;
    Shape shape;
  };
  SafetensorsWriter(const std::string& path, const std::vector<Announced>& tensors, const std::vector<std::pair<std::string, std::string>>& metadata = {});
  ~SafetensorsWriter();
  // The rest of the announced tensor that is being written, or a part of its elements, in C order.
  void write(const Tensor& t);
  void commit();

 private:
  std::unique_ptr<AtomicFile> file_;
  std::string path_;
  std::vector<Announced> tensors_;
  size_t next_ = 0;
  int64_t written_ = 0;   // bytes of tensors_[next_]
};

// Writes atomically. Tensors are laid out in the order given, header keys in the same order, data aligned to 8 bytes:
// equal input gives equal bytes.
void write_safetensors(const std::string& path, const NamedTensors& tensors,
                       const std::vector<std::pair<std::string, std::string>>& metadata = {});

}  // namespace ceir
