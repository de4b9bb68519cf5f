#include "weights/memory_tensors.h"

#include "kernels/base/error.h"

namespace ceir {

MemoryTensors::MemoryTensors(const NamedTensors& tensors, const std::string& path) {
  path_ = path;
  std::vector<TensorInfo> infos;
  for (const auto& [name, tensor] : tensors) {
    if (!by_name_.emplace(name, tensor).second) bad_input("{}: the tensor '{}' is there twice", path_, name);
    infos.push_back({name, safetensors_word(tensor.dtype()), tensor.shape(), 0, tensor.bytes()});
  }
  set_tensors(std::move(infos));
}

Tensor MemoryTensors::tensor(const std::string& name) const {
  require(name);
  return by_name_.at(name);
}

std::span<const std::byte> MemoryTensors::raw(const TensorInfo& info, std::vector<std::byte>& buffer) const {
  const Tensor t = tensor(info.name).contiguous();
  buffer.assign(t.bytes_begin(), t.bytes_begin() + t.bytes());
  return buffer;
}

}  // namespace ceir
