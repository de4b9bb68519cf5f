#include "weights/tensor_file.h"

#include "kernels/base/closest.h"
#include "kernels/base/error.h"
#include "tensor/io/utf8.h"

namespace ceir {

void TensorFile::set_tensors(std::vector<TensorInfo> tensors) {
  tensors_ = std::move(tensors);
  for (size_t i = 0; i < tensors_.size(); i++) index_[tensors_[i].name] = i;
}

const TensorInfo* TensorFile::find(const std::string& name) const {
  const auto it = index_.find(name);
  return it == index_.end() ? nullptr : &tensors_[it->second];
}

const TensorInfo& TensorFile::require(const std::string& name) const {
  if (const TensorInfo* t = find(name)) return *t;
  std::vector<std::string> names;
  for (const TensorInfo& other : tensors_) names.push_back(other.name);
  bad_input("{}: has no tensor '{}'{}", path_, printable(name), did_you_mean(closest(name, names)));
}

Stored TensorFile::require_stored(const TensorInfo& info) const {
  const std::optional<Stored> stored = stored_type(info);
  if (!stored) bad_input("{}: tensor '{}': is of type {}, which cannot be computed with", path_, printable(info.name), info.dtype);
  return *stored;
}

std::string did_you_mean(const std::string& candidate) {
  return candidate.empty() ? "" : fmt::format(", did you mean '{}'?", printable(candidate));
}

}  // namespace ceir
