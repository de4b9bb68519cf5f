// Named tensors that are in memory, offered as a file of them.
#pragma once
#include "weights/safetensors.h"

namespace ceir {

class MemoryTensors : public TensorFile {
 public:
  MemoryTensors(const NamedTensors& tensors, const std::string& path);   // names are unique; `path` begins messages
  Tensor tensor(const std::string& name) const override;
  std::span<const std::byte> raw(const TensorInfo& info, std::vector<std::byte>& buffer) const override;
  void forget(const TensorInfo&) const override {}

 private:
  std::map<std::string, Tensor> by_name_;
};

}  // namespace ceir
