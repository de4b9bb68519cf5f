#include "models/checkpoint.h"

#include <filesystem>

#include "kernels/base/error.h"

namespace ceir {

Checkpoint::Checkpoint(std::string folder, std::string name, std::string key, double every_seconds)
    : folder_(std::move(folder)), name_(std::move(name)), key_(std::move(key)), every_seconds_(every_seconds) {}

Checkpoint::Checkpoint(std::string folder, std::string name, std::function<std::string()> key, double every_seconds)
    : folder_(std::move(folder)), name_(std::move(name)), make_key_(std::move(key)), every_seconds_(every_seconds) {}

const std::string& Checkpoint::key() const {
  if (key_.empty() && make_key_) key_ = make_key_();
  return key_;
}

bool Checkpoint::load(NamedTensors& tensors, std::map<std::string, std::string>& metadata) const {
  const std::string path = folder_ + "/" + name_ + ".safetensors";
  if (!enabled() || !std::filesystem::exists(path)) return false;
  try {
    const SafetensorsFile file(path);
    metadata = file.metadata();
    if (metadata["key"] != key()) return false;
    tensors.clear();
    for (const TensorInfo& info : file.tensors()) tensors.emplace_back(info.name, file.tensor(info.name).clone());
    return true;
  } catch (const Error&) {
    return false;  // cut short by a power failure: starting afresh is always right
  }
}

bool Checkpoint::due() const {
  return enabled() && std::chrono::duration<double>(std::chrono::steady_clock::now() - last_).count() >= every_seconds_;
}

void Checkpoint::save(const NamedTensors& tensors, const std::map<std::string, std::string>& metadata) {
  if (!enabled()) return;
  std::filesystem::create_directories(folder_);
  std::vector<std::pair<std::string, std::string>> all(metadata.begin(), metadata.end());
  all.emplace_back("key", key());
  write_safetensors(folder_ + "/" + name_ + ".safetensors", tensors, all);
  last_ = std::chrono::steady_clock::now();
}

void Checkpoint::remove() {
  if (enabled()) std::filesystem::remove(folder_ + "/" + name_ + ".safetensors");
}

}  // namespace ceir
