// Copies from global to shared memory that go on while the thread does (cp.async, sm_80 and newer; PTX ISA, "Data Movement and
// Conversion Instructions: Asynchronous copy"). A copy belongs to the thread that starts it: it waits for its own groups, and
// a barrier then tells the others.
#pragma once
#include "kernels/launch/launch.h"

namespace ceir {

#if defined(__CUDACC__)
// 4 bytes; zeros when not `inside` (then nothing is read).
__device__ inline void copy_async4(void* shared, const void* global, bool inside) {
  const unsigned to = static_cast<unsigned>(__cvta_generic_to_shared(shared));
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;\n" ::"r"(to), "l"(global), "r"(inside ? 4 : 0) : "memory");
}
// 16 bytes, both addresses multiples of 16; zeros when not `inside`.
__device__ inline void copy_async16(void* shared, const void* global, bool inside) {
  const unsigned to = static_cast<unsigned>(__cvta_generic_to_shared(shared));
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;\n" ::"r"(to), "l"(global), "r"(inside ? 16 : 0) : "memory");
}
// What was started since the last commit is a group.
__device__ inline void copy_async_commit() { asm volatile("cp.async.commit_group;\n" ::: "memory"); }
// Until at most `left` of this thread's groups, the youngest, are unfinished.
template <int left>
__device__ inline void copy_async_wait() { asm volatile("cp.async.wait_group %0;\n" ::"n"(left) : "memory"); }
#else
__attribute__((always_inline)) inline void copy_async4(void* shared, const void* global, bool inside) {
  emulator::start_copy(shared, global, 4, inside);
}
__attribute__((always_inline)) inline void copy_async16(void* shared, const void* global, bool inside) {
  emulator::start_copy(shared, global, 16, inside);
}
inline void copy_async_commit() { emulator::commit_copies(); }
template <int left>
inline void copy_async_wait() { emulator::wait_for_copies(left); }
#endif

}  // namespace ceir
