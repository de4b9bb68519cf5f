// How a rung of a ladder stands in its operation's table (kernels/OP/variants.cpp):
//
//   CEIR_RUNG void softmax_v2_warp(const Softmax<float>&);
//   ...
//   {"cuda.v2", Device::cuda, softmax_v2_warp, on_device<any_gpu>},
//
// A rung's code is linked only into programs with CUDA kernels (nvcc's, or the emulator's). In others its address is
// null, and the table says so.
#pragma once
#include "kernels/launch/runtime.h"

#define CEIR_RUNG [[gnu::weak]]

namespace ceir {

constexpr int any_gpu = 75;  // the oldest generation that we compile for

// What the row of a rung says under the emulator when only silicon can run it; tests count these as skipped.
inline constexpr const char* gpu_only = "runs only on a GPU: the emulator has neither wgmma nor TMA";

// Null when the device in use has at least this compute capability (80 is sm_80), else what is lacking.
inline const char* device_lacks(int capability) {
  if (!current_runtime()) return "no device is in use";
  if (current_device().capability >= capability) return nullptr;
  return capability <= 80 ? "the device is older than sm_80" : "the device is older than sm_90";
}

// The same for instructions of sm_90a: no later generation has them, and the emulator does not model them.
inline const char* device_is_not_sm_90a() {
  if (!current_runtime()) return "no device is in use";
  if (current_device().emulated) return gpu_only;
  return current_device().capability == 90 ? nullptr : "only sm_90 has wgmma";
}

template <int capability, class Args>
const char* on_device(const Args&) {
  return device_lacks(capability);
}

}  // namespace ceir
