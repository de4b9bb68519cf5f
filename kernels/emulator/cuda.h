// What a .cu file sees when g++ compiles it for the block emulator: the words of CUDA C++ that kernels here use, with
// CUDA's own names and meanings (CUDA C++ Programming Guide, chapter "C++ Language Extensions"). Add what is missing here.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <type_traits>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __grid_constant__
#define __align__(n) __attribute__((aligned(n)))
// A variable of the thread that runs the emulator: its address lies in that thread's block of thread-local storage, by
// which the emulator knows shared memory. It is poisoned whenever a block begins.
#define __shared__ static thread_local

struct uint3 { unsigned x, y, z; };
struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
  constexpr operator uint3() const { return {x, y, z}; }
};
struct alignas(8) float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(8) uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
constexpr float2 make_float2(float x, float y) { return {x, y}; }
constexpr float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
constexpr uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

namespace ceir::emulator {

using Where = std::source_location;

// Constant while a thread runs its kernel, so the compiler may keep them.
[[gnu::const]] uint3 thread_index();
[[gnu::const]] uint3 block_index();
[[gnu::const]] uint3 block_size();
[[gnu::const]] uint3 grid_size();
[[gnu::const]] int lane_index();  // in its warp

void* dynamic_shared();
void barrier(Where where);
void warp_barrier(uint32_t mask, Where where);
uint64_t shuffle(uint32_t mask, uint64_t value, int lane, Where where);  // the value of that lane
uint32_t ballot(uint32_t mask, bool predicate, Where where);

// Memory accesses that are one instruction of up to 16 bytes; the compiler would split them.
void load(void* to, const void* from, size_t bytes);
void store(void* to, const void* from, size_t bytes);

// cp.async (kernels/launch/async_copy.h). The copy happens when its thread waits for its group.
void start_copy(void* shared, const void* global, uint32_t bytes, bool inside);
void commit_copies();
void wait_for_copies(int left);  // until at most `left` of the committed groups are unfinished

// Tensor cores (kernels/launch/tensor_core.h).
uint32_t tf32_bits(float v);
uint16_t bf16_bits(float v);
uint16_t f16_bits(float v);
void mma_tf32(float* c, const uint32_t* a, const uint32_t* b, Where where);
void mma_bf16(float* c, const uint32_t* a, const uint32_t* b, Where where);
void mma_f16(float* c, const uint32_t* a, const uint32_t* b, Where where);
void ldmatrix(uint32_t* r, const void* row, int count, Where where);
void ldmatrix_turned(uint32_t* r, const void* row, int count, Where where);

template <class T>
T shuffled(uint32_t mask, T value, int lane, Where where) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  bits = shuffle(mask, bits, lane, where);
  std::memcpy(&value, &bits, sizeof(T));
  return value;
}

}  // namespace ceir::emulator

#define threadIdx (::ceir::emulator::thread_index())
#define blockIdx (::ceir::emulator::block_index())
#define blockDim (::ceir::emulator::block_size())
#define gridDim (::ceir::emulator::grid_size())
constexpr int warpSize = 32;

inline void __syncthreads(ceir::emulator::Where where = ceir::emulator::Where::current()) {
  ceir::emulator::barrier(where);
}
inline void __syncwarp(unsigned mask = 0xffffffffu, ceir::emulator::Where where = ceir::emulator::Where::current()) {
  ceir::emulator::warp_barrier(mask, where);
}
inline void __threadfence() {}
inline void __threadfence_block() {}

template <class T>
T __shfl_sync(unsigned mask, T value, int lane, int width = 32, ceir::emulator::Where where = ceir::emulator::Where::current()) {
  const int self = ceir::emulator::lane_index();
  return ceir::emulator::shuffled(mask, value, self / width * width + (lane & (width - 1)), where);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, ceir::emulator::Where where = ceir::emulator::Where::current()) {
  const int self = ceir::emulator::lane_index(), other = self ^ bits;
  return ceir::emulator::shuffled(mask, value, other < (self / width + 1) * width ? other : self, where);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned by, int width = 32, ceir::emulator::Where where = ceir::emulator::Where::current()) {
  const int self = ceir::emulator::lane_index(), other = self % width + static_cast<int>(by);
  return ceir::emulator::shuffled(mask, value, other < width ? self + static_cast<int>(by) : self, where);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned by, int width = 32, ceir::emulator::Where where = ceir::emulator::Where::current()) {
  const int self = ceir::emulator::lane_index();
  return ceir::emulator::shuffled(mask, value, self % width >= static_cast<int>(by) ? self - static_cast<int>(by) : self, where);
}
inline unsigned __ballot_sync(unsigned mask, int predicate, ceir::emulator::Where where = ceir::emulator::Where::current()) {
  return ceir::emulator::ballot(mask, predicate != 0, where);
}
inline int __any_sync(unsigned mask, int predicate, ceir::emulator::Where where = ceir::emulator::Where::current()) {
  return ceir::emulator::ballot(mask, predicate != 0, where) != 0;
}
inline int __all_sync(unsigned mask, int predicate, ceir::emulator::Where where = ceir::emulator::Where::current()) {
  return ceir::emulator::ballot(mask, predicate == 0, where) == 0;
}

// Each returns what was there before. In atomics.cpp.
int atomicAdd(int* p, int value);
unsigned atomicAdd(unsigned* p, unsigned value);
unsigned long long atomicAdd(unsigned long long* p, unsigned long long value);
float atomicAdd(float* p, float value);
double atomicAdd(double* p, double value);
int atomicMin(int* p, int value);
int atomicMax(int* p, int value);
unsigned atomicMin(unsigned* p, unsigned value);
unsigned atomicMax(unsigned* p, unsigned value);
unsigned atomicExch(unsigned* p, unsigned value);
unsigned atomicCAS(unsigned* p, unsigned expected, unsigned value);

inline float rsqrtf(float x) { return 1 / std::sqrt(x); }
inline double rsqrt(double x) { return 1 / std::sqrt(x); }
// Rounded one by one: never part of a fused multiply-add.
inline float __fmul_rn(float x, float y) { return x * y; }
inline float __fadd_rn(float x, float y) { return x + y; }
inline float __expf(float x) { return std::exp(x); }
inline float __fdividef(float x, float y) { return x / y; }
inline int __float_as_int(float x) { int i; std::memcpy(&i, &x, sizeof i); return i; }
inline float __int_as_float(int i) { float x; std::memcpy(&x, &i, sizeof x); return x; }
inline unsigned __float_as_uint(float x) { unsigned i; std::memcpy(&i, &x, sizeof i); return i; }
inline float __uint_as_float(unsigned i) { float x; std::memcpy(&x, &i, sizeof x); return x; }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
template <class T> T min(T a, T b) { return b < a ? b : a; }
template <class T> T max(T a, T b) { return a < b ? b : a; }
