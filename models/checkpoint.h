// Unfinished work, kept in a folder that exists only between an interrupt (or kill) and the next run.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "weights/safetensors.h"

namespace ceir {

// One stage's state: FOLDER/NAME.safetensors, valid only for the same `key` (a hash of everything the stage depends on:
// inputs, settings, seed, version). A default-constructed Checkpoint is disabled: load() is false, due() is false.
// A key that takes long to make is given as a function: it is asked for when there is something to load or to save.
class Checkpoint {
 public:
  Checkpoint() = default;
  Checkpoint(std::string folder, std::string name, std::string key, double every_seconds = 20);
  Checkpoint(std::string folder, std::string name, std::function<std::string()> key, double every_seconds = 20);

  // False when there is none, or it belongs to another key or is damaged (then it is ignored).
  bool load(NamedTensors& tensors, std::map<std::string, std::string>& metadata) const;
  bool due() const;  // is it time to save again?
  void save(const NamedTensors& tensors, const std::map<std::string, std::string>& metadata = {});  // atomic; makes the folder
  void remove();
  bool enabled() const { return !folder_.empty(); }

 private:
  const std::string& key() const;

  std::string folder_, name_;
  std::function<std::string()> make_key_;
  mutable std::string key_;
  double every_seconds_ = 20;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace ceir
