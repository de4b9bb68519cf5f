#include "kernels/launch/compute.h"

#include <charconv>
#include <mutex>

#include "kernels/launch/registration.h"
#include "kernels/launch/runtime.h"

namespace ceir {
namespace {

std::mutex mutex;
std::string name_ = "cpu";  // never "auto"
int number_ = 0;            // of the GPU
bool opened_ = false;

// The N of "cuda:N", or -1.
int number_in(const std::string& name) {
  int n = -1;
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + 5, end, n);
  return error == std::errc() && stop == end && n >= 0 && n < 1024 ? n : -1;
}

void open_device() {
  if (!name_.starts_with("emu")) {
    if (registered_kernel_count() == 0)
      usage_error("--device {}: this program was built without the kernels for a GPU; build/ceir-cuda has them (`make cuda-all`, which needs nvcc)", name_);
    return use_runtime(cuda_runtime(), number_);
  }
  const Runtime* emulator = emulator_runtime();
  if (!emulator) usage_error("--device emu: the block emulator is in build/ceir-emu, not in this program; run that one");
  set_emulator_checks(name_ == "emu:check");
  use_runtime(*emulator);
}

}  // namespace

void choose_device(const std::string& name) {
  const bool numbered = name.starts_with("cuda:");
  if (name != "auto" && name != "cpu" && name != "cuda" && name != "emu" && name != "emu:check" && !(numbered && number_in(name) >= 0))
    usage_error("--device '{}' is not known; there are auto, cpu, cuda, cuda:N, emu (the block emulator) and emu:check (the same, looking at every access)", name);
  std::lock_guard lock(mutex);
  name_ = name == "auto" ? "cpu" : name;
  number_ = numbered ? number_in(name) : 0;
  opened_ = false;
  set_device_wanted(name_ != "cpu");
}

std::string chosen_device() {
  std::lock_guard lock(mutex);
  return name_;
}

Device stage_device() {
  std::lock_guard lock(mutex);
  if (name_ == "cpu") return Device::cpu;
  if (!opened_) open_device();
  opened_ = true;
  return Device::cuda;
}

ComputeOn::ComputeOn(Device device) : before_(compute_device()) {
  if (device == Device::cuda) use_device_in_this_thread();
  set_compute_device(device);
}

}  // namespace ceir
