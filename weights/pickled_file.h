// Checkpoints that torch.save and torch.jit.save wrote, read without Python and without running what they hold. Only
// `ceir convert` and `ceir inspect` open them.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "weights/pickle.h"
#include "weights/tensor_file.h"
#include "weights/weight_files.h"
#include "weights/zip.h"

namespace ceir {

class MappedFile;

// The tensors of a state dict by their flat names ("visual.conv1.weight"). A dict around it ({"state_dict": ...}, {"model":
// ...}) is opened, a prefix that all names share because of how the model was wrapped ("module.") is taken off, what is no
// tensor is left out. Tensors may share a storage, and lie in it with any strides.
class PickledFile : public TensorFile {
 public:
  enum class Layout { zip, torchscript, legacy };   // torch.save since 1.6; torch.jit.save; torch.save before 1.6

  // Throws Error(bad_input) naming the file, and the record or tensor: a damaged archive or pickle, a function or class
  // that a checkpoint does not need, big-endian numbers, a storage whose record is missing or of another size, no tensors.
  explicit PickledFile(const std::string& path);
  PickledFile(std::span<const std::byte> bytes, std::string display_name, std::shared_ptr<const void> owner = nullptr);

  Layout layout() const { return layout_; }
  const char* layout_name() const;                                             // "TorchScript archive"
  const std::map<std::string, int64_t>& integers() const { return integers_; }   // whole numbers beside the tensors: input_resolution, epoch
  const std::string& wrapper() const { return wrapper_; }                      // where the state dict was: "state_dict"; "" at the top
  bool strided(const TensorInfo& info) const;                                  // not in C order
  Tensor tensor(const std::string& name) const override;
  void forget(const TensorInfo& info) const override;
  std::span<const std::byte> raw(const TensorInfo& info, std::vector<std::byte>& buffer) const override;

 private:
  struct Record {    // where a storage's bytes are
    const ZipMember* member = nullptr;   // of a zip
    std::span<const std::byte> bytes;    // of a legacy stream, or of a stored member
    bool deflated() const { return member && member->deflated; }
  };
  struct Flattener;  // from the values of the pickle to named tensors
  void open();
  void open_zip();
  void open_legacy();
  void flatten(const Pickle& pickle);
  std::span<const std::byte> storage_bytes(const PickledTensor& t, std::shared_ptr<const void>& owner) const;
  const PickledTensor& placed(const TensorInfo& info) const;

  std::shared_ptr<const MappedFile> file_;   // null for bytes in memory
  std::shared_ptr<const void> owner_;
  std::span<const std::byte> bytes_;
  Layout layout_ = Layout::zip;
  std::string wrapper_;
  std::map<std::string, int64_t> integers_;
  std::unique_ptr<ZipArchive> zip_;
  std::vector<PickledStorage> storages_;
  std::vector<PickledTensor> places_;              // of tensors(), in their order
  std::map<std::string, size_t> order_;            // name -> place in places_
  std::map<std::string, Record, std::less<>> records_;   // by the storage's key
  mutable std::mutex mutex_;                       // guards what is made on first use:
  mutable std::map<std::string, bool, std::less<>> checked_;   // records whose CRC was right
  mutable std::string inflated_key_;               // the storage that was inflated last, and its bytes
  mutable std::shared_ptr<const std::vector<std::byte>> inflated_;
};

// A model's weights in any layout: what WeightFiles opens, a pickled checkpoint, or a folder with pytorch_model.bin,
// open_clip_pytorch_model.bin, pytorch_model.bin.index.json and its shards, or any one pickled checkpoint. Safetensors are
// preferred where both lie there.
WeightFiles open_any_weights(const std::string& path);

}  // namespace ceir
