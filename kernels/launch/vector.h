// Loads and stores of 16 bytes (or 8) in one instruction; the address must be a multiple of as many. (Under the emulator the compiler
// would split a copy of four floats, and the counters would see four requests.)
#pragma once
#include "kernels/launch/launch.h"

namespace ceir {

#if defined(__CUDACC__)
__device__ inline float4 load4(const float* p) { return *reinterpret_cast<const float4*>(p); }
__device__ inline void store4(float* p, float4 v) { *reinterpret_cast<float4*>(p) = v; }
__device__ inline void store2(void* p, uint2 v) { *static_cast<uint2*>(p) = v; }
#else
// Inlined, so that the access stands on the kernel's own line.
__attribute__((always_inline)) inline float4 load4(const float* p) {
  float4 v;
  emulator::load(&v, p, sizeof v);
  return v;
}
__attribute__((always_inline)) inline void store4(float* p, float4 v) { emulator::store(p, &v, sizeof v); }
__attribute__((always_inline)) inline void store2(void* p, uint2 v) { emulator::store(p, &v, sizeof v); }
#endif

}  // namespace ceir
