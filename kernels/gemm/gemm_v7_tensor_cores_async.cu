// v7: v6's tensor cores, kept busy. In v6 a warp waits for its loads, rounds, stores, waits at a barrier, and then multiplies 32 x 32;
//     the tensor cores idle meanwhile. Here cp.async has two tiles under way in 16-byte pieces while a third is multiplied, one
//     barrier for 32 terms; a warp has 64 x 32 of C, so a number read from shared memory serves more products; the tiles are
//     swizzled, so no two of those reads meet in a bank; C is written in pairs. Rounding to tf32, f16 or bf16 happens in registers.
//     Operands that are not dense along k (transposed A, untransposed B) are copied by 4 bytes: right, but slower.
// needs sm_80
#include "kernels/gemm/gemm_pipeline.h"

namespace ceir {
namespace {

using namespace gemm_pipeline;

struct Plain {
  float part[4][4][4] = {};
  __device__ void stage_ends() {}
  __device__ float total(int i, int j, int e) const { return part[i][j][e]; }
};

struct Tf32 {
  static constexpr int depth = 8;
  using Sums = Plain;
  struct Left {
    uint32_t v[4];
    __device__ void set(const uint32_t (&raw)[1][4]) {
#pragma unroll
      for (int e = 0; e < 4; e++) v[e] = tf32_bits(number(raw[0][e]));
    }
  };
  struct Right {
    uint32_t v[2];
    __device__ void set(const uint32_t (&raw)[1][4], int first) { v[0] = tf32_bits(number(raw[0][first])), v[1] = tf32_bits(number(raw[0][first + 1])); }
  };
  static __device__ void multiply(float (&part)[4][4][4], const Left (&left)[4], const Right (&right)[4]) {
#pragma unroll
    for (int i = 0; i < 4; i++)
#pragma unroll
      for (int j = 0; j < 4; j++) mma_tf32(part[i][j], left[i].v, right[j].v);
  }
};

// A 16-bit instruction takes two terms a register. Which two is all the same as long as both factors agree: here those that
// ldmatrix left in this lane, k = member and member + 4, then + 8 and + 12.
template <class Type>
struct Half {
  static constexpr int depth = 16;
  using Sums = Plain;
  struct Left {
    uint32_t v[4];
    __device__ void set(const uint32_t (&raw)[2][4]) {
#pragma unroll
      for (int e = 0; e < 4; e++) v[e] = Type::pair(number(raw[e / 2][e % 2]), number(raw[e / 2][e % 2 + 2]));
    }
  };
  struct Right {
    uint32_t v[2];
    __device__ void set(const uint32_t (&raw)[2][4], int first) {
#pragma unroll
      for (int e = 0; e < 2; e++) v[e] = Type::pair(number(raw[e][first]), number(raw[e][first + 1]));
    }
  };
  static __device__ void multiply(float (&part)[4][4][4], const Left (&left)[4], const Right (&right)[4]) {
#pragma unroll
    for (int i = 0; i < 4; i++)
#pragma unroll
      for (int j = 0; j < 4; j++) Type::mma(part[i][j], left[i].v, right[j].v);
  }
};
struct Bf16 {
  static __device__ uint32_t pair(float first, float second) { return bf16_pair(first, second); }
  static __device__ void mma(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) { mma_bf16(c, a, b); }
};
struct F16 {
  static __device__ uint32_t pair(float first, float second) { return f16_pair(first, second); }
  static __device__ void mma(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) { mma_f16(c, a, b); }
};

template <class Digits>
__global__ void __launch_bounds__(threads) gemm_tensor_cores(const Gemm<float> all) {
  const Gemm<float> g = own_product(all);
  multiply<Digits>(g, [&](int64_t i, int64_t j, float first, float second) { finish_pair(g, i, j, first, second); });
}

}  // namespace

void gemm_v7_tf32(const Gemm<float>& g) { launch_batch(gemm_tensor_cores<Tf32>, grid_of(g), threads, shared_bytes, g); }
void gemm_v7_bf16(const Gemm<float>& g) { launch_batch(gemm_tensor_cores<Half<Bf16>>, grid_of(g), threads, shared_bytes, g); }
void gemm_v7_f16(const Gemm<float>& g) { launch_batch(gemm_tensor_cores<Half<F16>>, grid_of(g), threads, shared_bytes, g); }

}  // namespace ceir
