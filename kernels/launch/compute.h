// Which device computes, as the user names it, and the scope in which it does.
//
//   choose_device("cuda");                       // opens nothing yet
//   const ComputeOn scope(stage_device());       // opens it: a stage begins
//   const Tensor y = linear(x.on(compute_device()), ...);
#pragma once
#include <string>

#include "kernels/base/table.h"

namespace ceir {

// "cpu", "auto" (the CPU: results do not depend on what is plugged in), "cuda", "cuda:1", "emu" or "emu:check"
// (the emulator with its record of every byte, many times slower). Throws Error(usage) for
// another word; whether there is such a device is asked by the first stage_device().
void choose_device(const std::string& name);
std::string chosen_device();  // "cpu", "cuda", "cuda:1", "emu": what goes into receipts and keys

// Where a stage that can compute on a device does. The first call opens the device; throws Error(usage) with one sentence
// when that cannot be done.
Device stage_device();

// Of a stage that computes in `dtype`: devices compute in f32 alone, the rest stays on the CPU.
// (A template, so that the floor need not know tensors.)
template <class DType>
Device stage_device_for(DType dtype) { return dtype == DType::f32 ? stage_device() : Device::cpu; }

// This thread's kernels run on `device` and its tensors are made there while this lives.
class ComputeOn {
 public:
  explicit ComputeOn(Device device);
  ~ComputeOn() { set_compute_device(before_); }
  ComputeOn(const ComputeOn&) = delete;
  ComputeOn& operator=(const ComputeOn&) = delete;

 private:
  Device before_;
};

}  // namespace ceir
