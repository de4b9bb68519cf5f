// Arrays on the emulated device for tests, and a guard that puts the emulator in use.
#pragma once
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "kernels/emulator/emulator.h"
#include "kernels/launch/device.h"

namespace ceir::test {

// What the ladders' tests run on: the emulator; in test_gpu, which has nvcc's rungs, the GPU.
inline const Runtime& tested_runtime() {
#if defined(CEIR_TEST_ON_CUDA)
  return cuda_runtime();
#else
  return *emulator_runtime();
#endif
}

// The block emulator (or what stands in its place) is in use while this lives, with these options; reports that nobody took are thrown away.
struct UseEmulator {
  explicit UseEmulator(const emulator::Options& options = {}) {
    REQUIRE(emulator_runtime());
    use_runtime(tested_runtime());
    emulator::set_options(options);
    emulator::take_reports();
  }
  ~UseEmulator() {
    emulator::set_options({});
    emulator::take_reports();
    use_no_runtime();
  }
};

// A vector's copy on the device. T of the device may be const.
template <class T>
class OnDevice {
 public:
  explicit OnDevice(const std::vector<T>& values) : memory_(values.size() * sizeof(T)), size_(values.size()) { memory_.copy_in(values.data()); }
  explicit OnDevice(size_t n) : memory_(n * sizeof(T)), size_(n) {}  // uninitialised
  operator T*() const { return memory_.as<T>(); }
  T* get() const { return memory_.as<T>(); }
  std::vector<T> values() const {
    std::vector<T> v(size_);
    memory_.copy_out(v.data());
    return v;
  }

 private:
  DeviceMemory memory_;
  size_t size_;
};

}  // namespace ceir::test
