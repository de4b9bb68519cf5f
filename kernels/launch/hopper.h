// What only sm_90a has: wgmma (a product by four warps, operands in shared memory) and TMA (boxes of a matrix copied by a unit of
// their own), with the barriers in shared memory that tell when a copy is there. PTX ISA, "Asynchronous Warpgroup Level Matrix
// Multiply-Accumulate Instructions", "Tensor copies", "mbarrier". The emulator models none of it: such rungs run only on a GPU.
#pragma once
#include "kernels/launch/launch.h"

#if defined(__CUDACC__)

namespace ceir {

__device__ inline unsigned shared_address(const void* p) { return static_cast<unsigned>(__cvta_generic_to_shared(p)); }

// A barrier that opens when `arrivals` threads have arrived and all bytes that were announced are there; then the next phase
// begins. Phases are told apart by their parity, the first is 0.
struct Mbarrier {
  uint64_t state;

  __device__ void init(unsigned arrivals) { asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(&state)), "r"(arrivals) : "memory"); }
  __device__ void arrive() { asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(&state)) : "memory"); }
  __device__ void arrive_and_expect(unsigned bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(&state)), "r"(bytes) : "memory");
  }
  // Until the phase of this parity has ended.
  __device__ void wait(unsigned parity) {
    asm volatile(
        "{\n.reg .pred ended;\nagain:\nmbarrier.try_wait.parity.shared::cta.b64 ended, [%0], %1;\n@!ended bra again;\n}\n" ::"r"(shared_address(&state)),
        "r"(parity)
        : "memory");
  }
};
// After init(), before a barrier of the block: the copies' side sees the new barriers too.
__device__ inline void publish_mbarriers() { asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory"); }

// One thread starts the copy of a map's box whose first element is (row, column); what lies outside of the matrix arrives as 0.
__device__ inline void load_tile(void* shared, const TensorMap& map, int row, int column, Mbarrier& full) {
  asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];" ::"r"(shared_address(shared)),
               "l"(reinterpret_cast<uint64_t>(&map)), "r"(column), "r"(row), "r"(shared_address(&full.state))
               : "memory");
}

// Rows of 128 bytes as load_tile() lays them down (swizzled by 128 bytes), first byte at a multiple of 1024; eight rows are 1024.
__device__ inline uint64_t wgmma_operand(const void* shared) {
  constexpr uint64_t swizzle_128 = uint64_t{1} << 62, eight_rows = uint64_t{1024 / 16} << 32, ignored = uint64_t{1} << 16;
  return swizzle_128 | eight_rows | ignored | ((shared_address(shared) & 0x3ffff) >> 4);
}

__device__ inline void wgmma_begin() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ inline void wgmma_end() { asm volatile("wgmma.commit_group.sync.aligned;\nwgmma.wait_group.sync.aligned 0;" ::: "memory"); }

// sum (64 x 128, of four warps) += a (64 x 8) b (8 x 128) in tf32. Thread t has rows 16 (t / 32) + t % 32 / 4 and + 8, and of each
// eight columns 8 j the two at 2 (t % 4): sum[4 j], sum[4 j + 1] of the upper row, sum[4 j + 2], sum[4 j + 3] of the lower.
__device__ inline void wgmma_tf32(float (&sum)[64], uint64_t a, uint64_t b) {
#define CEIR_8(i) "+f"(sum[i]), "+f"(sum[i + 1]), "+f"(sum[i + 2]), "+f"(sum[i + 3]), "+f"(sum[i + 4]), "+f"(sum[i + 5]), "+f"(sum[i + 6]), "+f"(sum[i + 7])
  asm volatile(
      "wgmma.mma_async.sync.aligned.m64n128k8.f32.tf32.tf32 "
      "{%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31,"
      "%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63}, "
      "%64, %65, 1, 1, 1;\n"
      : CEIR_8(0), CEIR_8(8), CEIR_8(16), CEIR_8(24), CEIR_8(32), CEIR_8(40), CEIR_8(48), CEIR_8(56)
      : "l"(a), "l"(b));
#undef CEIR_8
}

// sum (64 x n, of four warps) += a (64 x 16, in registers) b (16 x n) in f16. Each warp has 16 rows, in the layouts of mma.sync
// (tensor_core.h): sum[j] is what mma_f16 calls c, of columns 8 j ..; a is its a.
#define CEIR_4(j) "+f"(sum[j][0]), "+f"(sum[j][1]), "+f"(sum[j][2]), "+f"(sum[j][3])
__device__ inline void wgmma_f16(float (&sum)[4][4], const uint32_t (&a)[4], uint64_t b) {
  asm volatile(
      "wgmma.mma_async.sync.aligned.m64n32k16.f32.f16.f16 "
      "{%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15}, "
      "{%16,%17,%18,%19}, %20, 1, 1, 1, 0;\n"
      : CEIR_4(0), CEIR_4(1), CEIR_4(2), CEIR_4(3)
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));
}
__device__ inline void wgmma_f16(float (&sum)[8][4], const uint32_t (&a)[4], uint64_t b) {
  asm volatile(
      "wgmma.mma_async.sync.aligned.m64n64k16.f32.f16.f16 "
      "{%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,"
      "%30,%31}, "
      "{%32,%33,%34,%35}, %36, 1, 1, 1, 0;\n"
      : CEIR_4(0), CEIR_4(1), CEIR_4(2), CEIR_4(3), CEIR_4(4), CEIR_4(5), CEIR_4(6), CEIR_4(7)
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));
}
__device__ inline void wgmma_f16(float (&sum)[10][4], const uint32_t (&a)[4], uint64_t b) {
  asm volatile(
      "wgmma.mma_async.sync.aligned.m64n80k16.f32.f16.f16 "
      "{%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,"
      "%30,%31,%32,%33,%34,%35,%36,%37,%38,%39}, "
      "{%40,%41,%42,%43}, %44, 1, 1, 1, 0;\n"
      : CEIR_4(0), CEIR_4(1), CEIR_4(2), CEIR_4(3), CEIR_4(4), CEIR_4(5), CEIR_4(6), CEIR_4(7), CEIR_4(8), CEIR_4(9)
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));
}
__device__ inline void wgmma_f16(float (&sum)[16][4], const uint32_t (&a)[4], uint64_t b) {
  asm volatile(
      "wgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16 "
      "{%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,"
      "%30,%31,%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,%48,%49,%50,%51,%52,%53,%54,%55,%56,"
      "%57,%58,%59,%60,%61,%62,%63}, "
      "{%64,%65,%66,%67}, %68, 1, 1, 1, 0;\n"
      : CEIR_4(0), CEIR_4(1), CEIR_4(2), CEIR_4(3), CEIR_4(4), CEIR_4(5), CEIR_4(6), CEIR_4(7), CEIR_4(8), CEIR_4(9), CEIR_4(10), CEIR_4(11), CEIR_4(12), CEIR_4(13), CEIR_4(14), CEIR_4(15)
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));
}
#undef CEIR_4
// Before wgmma_begin(), of registers that the products read or add to, and after wgmma_end(), of their sums: the compiler moves
// nothing that makes or uses them to the other side.
template <int n>
__device__ inline void wgmma_settle(float (&x)[n][4]) {
#pragma unroll
  for (int j = 0; j < n; j++)
#pragma unroll
    for (int e = 0; e < 4; e++) asm volatile("" : "+f"(x[j][e])::"memory");
}
template <int n>
__device__ inline void wgmma_settle(uint32_t (&x)[n][4]) {
#pragma unroll
  for (int j = 0; j < n; j++)
#pragma unroll
    for (int e = 0; e < 4; e++) asm volatile("" : "+r"(x[j][e])::"memory");
}

// Called by a thread after it wrote to shared memory and before it arrives at a barrier: wgmma, which reads shared memory by a way
// of its own (the async proxy), sees the writes.
__device__ inline void publish_to_wgmma() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

// Registers change hands between the four warps that load and those that compute; all threads of a warpgroup call it.
template <int registers>
__device__ inline void keep_registers() { asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(registers)); }
template <int registers>
__device__ inline void take_registers() { asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(registers)); }

}  // namespace ceir

#endif
