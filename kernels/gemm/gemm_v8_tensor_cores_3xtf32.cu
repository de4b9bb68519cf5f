// v8: f32 on tensor cores. A factor is the sum of a big part, its first 11 bits, and a small one, the next 11; three products
//     (small x big, big x small, big x big) then hold 22 bits of each, the fourth is below f32's last digit. Tensor cores cut sums off
//     instead of rounding them, which would add up over k: so they only sum the 32 terms of a stage, and the stages are added
//     by the ordinary units (Ootomo & Yokota 2022, "Recovering single precision accuracy from Tensor Cores").
//     Three times v7's instructions for v5's digits.
// needs sm_80
#include "kernels/gemm/gemm_pipeline.h"

namespace ceir {
namespace {

using namespace gemm_pipeline;

__device__ inline void split(uint32_t word, uint32_t& big, uint32_t& small) {
  big = tf32_bits(number(word));
  small = tf32_bits(number(word) - number(big));
}

struct ThreeTf32 {
  static constexpr int depth = 8;
  struct Left {
    uint32_t big[4], small[4];
    __device__ void set(const uint32_t (&raw)[1][4]) {
#pragma unroll
      for (int e = 0; e < 4; e++) split(raw[0][e], big[e], small[e]);
    }
  };
  struct Right {
    uint32_t big[2], small[2];
    __device__ void set(const uint32_t (&raw)[1][4], int first) {
#pragma unroll
      for (int e = 0; e < 2; e++) split(raw[0][first + e], big[e], small[e]);
    }
  };
  struct Sums {
    float sum[4][4][4] = {}, part[4][4][4] = {};
    __device__ void stage_ends() {
#pragma unroll
      for (int i = 0; i < 4; i++)
#pragma unroll
        for (int j = 0; j < 4; j++)
#pragma unroll
          for (int e = 0; e < 4; e++) sum[i][j][e] += part[i][j][e], part[i][j][e] = 0;
    }
    __device__ float total(int i, int j, int e) const { return sum[i][j][e]; }
  };
  static __device__ void multiply(float (&part)[4][4][4], const Left (&left)[4], const Right (&right)[4]) {
#pragma unroll
    for (int i = 0; i < 4; i++)
#pragma unroll
      for (int j = 0; j < 4; j++) {
        mma_tf32(part[i][j], left[i].small, right[j].big);
        mma_tf32(part[i][j], left[i].big, right[j].small);
        mma_tf32(part[i][j], left[i].big, right[j].big);
      }
  }
};

// An infinity has no small part (inf - inf is NaN), and a number near the largest is rounded up to infinity: an element whose
// sum came out as neither is taken once more by the plain formula.
__device__ inline float plain_sum(const Gemm<float>& g, int64_t i, int64_t j, float sum) {
  if (sum - sum == 0 || i >= g.m || j >= g.n) return sum;
  sum = 0;
  for (int64_t p = 0; p < g.k; p++) sum = fmaf(g.a[i * g.a_row + p * g.a_col], g.b[p * g.b_row + j * g.b_col], sum);
  return sum;
}

__global__ void __launch_bounds__(threads, 1) gemm_3xtf32(const Gemm<float> all) {
  const Gemm<float> g = own_product(all);
  multiply<ThreeTf32>(g, [&](int64_t i, int64_t j, float first, float second) { finish_pair(g, i, j, plain_sum(g, i, j, first), plain_sum(g, i, j + 1, second)); });
}

}  // namespace

void gemm_v8_3xtf32(const Gemm<float>& g) { launch_batch(gemm_3xtf32, grid_of(g), threads, shared_bytes, g); }

}  // namespace ceir
