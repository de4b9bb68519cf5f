// Tensor-core instructions of a warp (mma.sync and ldmatrix, sm_80 and newer; PTX ISA, "Warp Level Matrix Multiply-Accumulate
// Instructions", where the layouts of the fragments are drawn). c += a b, added in f32.
//
// With group = lane / 4 and member = lane % 4, a lane holds
//   c[0], c[1]: row group, columns 2 member and + 1; c[2], c[3]: the same of row group + 8               (16 x 8)
//   16-bit a[0]: row group, k = 2 member and + 1; a[1]: row group + 8; a[2], a[3]: the same with k + 8    (16 x 16)
//   16-bit b[0]: column group, k = 2 member and + 1; b[1]: k + 8                                         (16 x 8)
//   tf32 a[0]: row group, k = member; a[1]: row group + 8; a[2], a[3]: the same with k + 4               (16 x 8)
//   tf32 b[0]: column group, k = member; b[1]: k + 4                                                     (8 x 8)
#pragma once
#include "kernels/launch/launch.h"

#if defined(__CUDACC__)
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#endif

namespace ceir {

#if defined(__CUDACC__)
__device__ inline uint32_t tf32_bits(float v) {
  uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;\n" : "=r"(bits) : "f"(v));
  return bits;
}
__device__ inline uint16_t bf16_bits(float v) { return __bfloat16_as_ushort(__float2bfloat16_rn(v)); }
__device__ inline uint16_t f16_bits(float v) { return __half_as_ushort(__float2half_rn(v)); }
// Two in a register, `low` in its lower half, by one instruction.
__device__ inline uint32_t bf16_pair(float low, float high) {
  uint32_t bits;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;\n" : "=r"(bits) : "f"(high), "f"(low));
  return bits;
}
__device__ inline uint32_t f16_pair(float low, float high) {
  uint32_t bits;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;\n" : "=r"(bits) : "f"(high), "f"(low));
  return bits;
}

#define CEIR_MMA(name, shape, type)                                                                                        \
  __device__ inline void name(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {                             \
    asm volatile("mma.sync.aligned." shape ".row.col.f32." type "." type ".f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "    \
                 "{%0,%1,%2,%3};\n"                                                                                        \
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])                                                          \
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));                                      \
  }
CEIR_MMA(mma_tf32, "m16n8k8", "tf32")
CEIR_MMA(mma_bf16, "m16n8k16", "bf16")
CEIR_MMA(mma_f16, "m16n8k16", "f16")
#undef CEIR_MMA

// Four (two) 8 x 8 matrices of 16-bit elements from shared memory. Lane l gives the address of a row of eight elements, a
// multiple of 16 bytes: lanes 0-7 the rows of the first matrix, 8-15 of the second, ... Of each matrix, a lane receives
// columns 2 member and + 1 of row group.
__device__ inline void ldmatrix4(uint32_t (&r)[4], const void* row) {
  const unsigned from = static_cast<unsigned>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];\n" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(from) : "memory");
}
__device__ inline void ldmatrix2(uint32_t (&r)[2], const void* row) {
  const unsigned from = static_cast<unsigned>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];\n" : "=r"(r[0]), "=r"(r[1]) : "r"(from) : "memory");
}
// Four, each turned about its diagonal: a lane receives rows 2 member and + 1 of column group.
__device__ inline void ldmatrix4_turned(uint32_t (&r)[4], const void* row) {
  const unsigned from = static_cast<unsigned>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];\n" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(from) : "memory");
}
#else
using emulator::bf16_bits;
using emulator::f16_bits;
using emulator::tf32_bits;
inline uint32_t bf16_pair(float low, float high) { return bf16_bits(low) | uint32_t{bf16_bits(high)} << 16; }
inline uint32_t f16_pair(float low, float high) { return f16_bits(low) | uint32_t{f16_bits(high)} << 16; }
inline void mma_tf32(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], emulator::Where where = emulator::Where::current()) {
  emulator::mma_tf32(c, a, b, where);
}
inline void mma_bf16(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], emulator::Where where = emulator::Where::current()) {
  emulator::mma_bf16(c, a, b, where);
}
inline void mma_f16(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], emulator::Where where = emulator::Where::current()) {
  emulator::mma_f16(c, a, b, where);
}
__attribute__((always_inline)) inline void ldmatrix4(uint32_t (&r)[4], const void* row, emulator::Where where = emulator::Where::current()) {
  emulator::ldmatrix(r, row, 4, where);
}
__attribute__((always_inline)) inline void ldmatrix4_turned(uint32_t (&r)[4], const void* row, emulator::Where where = emulator::Where::current()) {
  emulator::ldmatrix_turned(r, row, 4, where);
}
__attribute__((always_inline)) inline void ldmatrix2(uint32_t (&r)[2], const void* row, emulator::Where where = emulator::Where::current()) {
  emulator::ldmatrix(r, row, 2, where);
}
#endif

}  // namespace ceir
