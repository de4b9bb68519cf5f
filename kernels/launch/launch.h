// What every .cu file includes. The same source is compiled by nvcc, and by g++ for the block emulator
// (kernels/emulator/), and launches its kernels through the table of runtime.h:
//
//   __global__ void scale(float* y, const float* x, float factor, int64_t n) {
//     const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
//     if (i < n) y[i] = factor * x[i];
//   }
//   void scale_v1(const Scale<float>& a) { launch(scale, blocks_for(a.n, 256), dim3(256), 0, a.y, a.x, a.factor, a.n); }
#pragma once
#include <cstdint>
#include <tuple>
#include <utility>

#if defined(__CUDACC__)
#include <cuda_runtime.h>
// Dynamic shared memory: DYNAMIC_SHARED(float, tile); declares float* tile, of the bytes that launch() was told.
#define DYNAMIC_SHARED(T, name)                                     \
  extern __shared__ __align__(128) unsigned char ceir_shared_raw[]; \
  T* const name = reinterpret_cast<T*>(ceir_shared_raw)
#else
#include "kernels/emulator/cuda.h"
#define DYNAMIC_SHARED(T, name) T* const name = static_cast<T*>(::ceir::emulator::dynamic_shared())
#endif

#include "kernels/launch/device.h"

namespace ceir {

namespace launching {

#if !defined(__CUDACC__)
// The emulator's way into a kernel; not part of it, so that its reading of the arguments is no access of the kernel's.
template <class... P, size_t... I>
[[gnu::no_sanitize_thread]] void call_kernel(const void* kernel, void** arguments, std::index_sequence<I...>) {
  reinterpret_cast<void (*)(P...)>(const_cast<void*>(kernel))(*static_cast<P*>(arguments[I])...);
}
template <class... P>
[[gnu::no_sanitize_thread]] void call_kernel(const void* kernel, void** arguments) {
  call_kernel<P...>(kernel, arguments, std::make_index_sequence<sizeof...(P)>());
}
#endif

template <class... P, size_t... I>
void with_pointers(void (*kernel)(P...), KernelLaunch& launch, std::tuple<P...>& values, std::index_sequence<I...>) {
  void* pointers[] = {static_cast<void*>(&std::get<I>(values))..., nullptr};
  launch.kernel = reinterpret_cast<const void*>(kernel);
  launch.arguments = pointers;
  static constexpr size_t bytes[] = {sizeof(P)..., 0};
  launch.argument_bytes = bytes, launch.argument_count = static_cast<int>(sizeof...(P));
#if !defined(__CUDACC__)
  launch.call = call_kernel<P...>;
#endif
  launch_kernel(launch);
}

}  // namespace launching

// Runs `kernel` on the device in use, in the thread's current stream; arguments are converted to the parameters' types.
// Returns at once: errors inside the kernel appear at the next synchronize(). Throws Error when it cannot start.
template <class... P, class... A>
void launch(void (*kernel)(P...), dim3 grid, dim3 block, size_t shared_bytes, const A&... arguments) {
  static_assert(sizeof...(P) == sizeof...(A), "launch: one argument for each of the kernel's parameters");
  std::tuple<P...> values{static_cast<P>(arguments)...};
  KernelLaunch l{.kernel = nullptr, .call = nullptr, .grid = {grid.x, grid.y, grid.z},
                 .block = {block.x, block.y, block.z}, .shared_bytes = shared_bytes, .arguments = nullptr,
                 .stream = current_stream()};
  launching::with_pointers(kernel, l, values, std::make_index_sequence<sizeof...(P)>());
}

// Enough blocks of `size` for n items, in x. Throws Error(resource) beyond the 2^31 - 1 that CUDA has.
inline dim3 blocks_for(int64_t n, int64_t size) { return dim3(block_count(n, size)); }

}  // namespace ceir
