// v6: tensor cores by mma.sync: a warp multiplies 16 x 16 by 16 x 8 (tf32: 16 x 8 by 8 x 8) in one instruction, and adds in f32.
//     What it costs is digits: tf32 and f16 keep 11 bits of each factor, bf16 8; so these rungs run only when they are asked
//     for by name. Four warps share a 64 x 64 tile of C; each has 32 x 32 of it, two by four instructions.
//     16-bit operands are read by ldmatrix: four 8 x 8 matrices arrive in the layout that mma wants.
// needs sm_80
#include "kernels/gemm/gemm_device.h"
#include "kernels/launch/tensor_core.h"

namespace ceir {
namespace {

constexpr int tile = 64, depth = 16, threads = 128;

// Which dimension neighbouring threads go along, as in v4.
template <class Put>
__device__ void each_of_a(const Gemm<float>& g, int64_t row, int64_t p, const Put& put) {
  for (int e = threadIdx.x; e < tile * depth; e += threads) {
    const int i = g.a_col == 1 ? e / depth : e % tile, q = g.a_col == 1 ? e % depth : e / tile;
    put(i, q, a_at(g, row + i, p + q));
  }
}
template <class Put>
__device__ void each_of_b(const Gemm<float>& g, int64_t column, int64_t p, const Put& put) {
  for (int e = threadIdx.x; e < tile * depth; e += threads) {
    const int j = g.b_col == 1 ? e % tile : e / depth, q = g.b_col == 1 ? e / tile : e % depth;
    put(j, q, b_at(g, p + q, column + j));
  }
}

// The warp's 32 x 32 of C: instruction (i, j) has rows 16 i .. and columns 8 j ..; lane holds, of each, (group, 2 member),
// (group, 2 member + 1), (group + 8, 2 member), (group + 8, 2 member + 1).
__device__ inline void finish_warp(const Gemm<float>& g, int64_t row, int64_t column, const float (&sum)[2][4][4]) {
  const int lane = threadIdx.x % 32, group = lane / 4, member = lane % 4;
#pragma unroll
  for (int i = 0; i < 2; i++)
#pragma unroll
    for (int j = 0; j < 4; j++)
#pragma unroll
      for (int e = 0; e < 4; e++)
        finish(g, row + 16 * i + group + 8 * (e / 2), column + 8 * j + 2 * member + e % 2, sum[i][j][e]);
}

__global__ void __launch_bounds__(threads) gemm_tf32(const Gemm<float> all) {
  const Gemm<float> g = own_product(all);
  __shared__ uint32_t a[tile][depth + 4], b[tile][depth + 4];  // 20 words a row: 8 groups x 4 members read 32 different banks
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, group = lane / 4, member = lane % 4;
  const int64_t row = int64_t{blockIdx.y} * tile, column = int64_t{blockIdx.x} * tile;
  const int y = 32 * (warp / 2), x = 32 * (warp % 2);
  float sum[2][4][4] = {};
  for (int64_t p = 0; p < g.k; p += depth) {
    each_of_a(g, row, p, [&](int i, int q, float v) { a[i][q] = tf32_bits(v); });
    each_of_b(g, column, p, [&](int j, int q, float v) { b[j][q] = tf32_bits(v); });
    __syncthreads();  // the tiles are whole
#pragma unroll
    for (int q = 0; q < depth; q += 8) {
      uint32_t left[2][4], right[4][2];
#pragma unroll
      for (int i = 0; i < 2; i++)
#pragma unroll
        for (int e = 0; e < 4; e++) left[i][e] = a[y + 16 * i + group + 8 * (e % 2)][q + member + 4 * (e / 2)];
#pragma unroll
      for (int j = 0; j < 4; j++)
#pragma unroll
        for (int e = 0; e < 2; e++) right[j][e] = b[x + 8 * j + group][q + member + 4 * e];
#pragma unroll
      for (int i = 0; i < 2; i++)
#pragma unroll
        for (int j = 0; j < 4; j++) mma_tf32(sum[i][j], left[i], right[j]);
    }
    __syncthreads();  // everybody is done with them
  }
  finish_warp(g, row + y, column + x, sum);
}

template <class Half>
__global__ void __launch_bounds__(threads) gemm_half(const Gemm<float> all) {
  const Gemm<float> g = own_product(all);
  // 24 elements a row: 48 bytes, so that the eight rows of a matrix lie in different banks, each a multiple of 16 bytes.
  __shared__ __align__(16) uint16_t a[tile][depth + 8];
  __shared__ __align__(16) uint16_t b[tile][depth + 8];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int64_t row = int64_t{blockIdx.y} * tile, column = int64_t{blockIdx.x} * tile;
  const int y = 32 * (warp / 2), x = 32 * (warp % 2);
  float sum[2][4][4] = {};
  for (int64_t p = 0; p < g.k; p += depth) {
    each_of_a(g, row, p, [&](int i, int q, float v) { a[i][q] = Half::bits(v); });
    each_of_b(g, column, p, [&](int j, int q, float v) { b[j][q] = Half::bits(v); });
    __syncthreads();  // the tiles are whole
    uint32_t left[2][4], right[4][2];
#pragma unroll
    for (int i = 0; i < 2; i++) ldmatrix4(left[i], &a[y + 16 * i + lane % 16][8 * (lane / 16)]);
#pragma unroll
    for (int j = 0; j < 4; j++) ldmatrix2(right[j], &b[x + 8 * j + lane % 8][8 * (lane / 8 % 2)]);
#pragma unroll
    for (int i = 0; i < 2; i++)
#pragma unroll
      for (int j = 0; j < 4; j++) Half::mma(sum[i][j], left[i], right[j]);
    __syncthreads();  // everybody is done with them
  }
  finish_warp(g, row + y, column + x, sum);
}

struct Bf16 {
  static __device__ uint16_t bits(float v) { return bf16_bits(v); }
  static __device__ void mma(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) { mma_bf16(c, a, b); }
};
struct F16 {
  static __device__ uint16_t bits(float v) { return f16_bits(v); }
  static __device__ void mma(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) { mma_f16(c, a, b); }
};

dim3 grid_of(const Gemm<float>& g) { return dim3(block_count(g.n, tile), block_count(g.m, tile)); }

}  // namespace

void gemm_v6_tf32(const Gemm<float>& g) { launch_batch(gemm_tf32, grid_of(g), dim3(threads), 0, g); }
void gemm_v6_bf16(const Gemm<float>& g) { launch_batch(gemm_half<Bf16>, grid_of(g), dim3(threads), 0, g); }
void gemm_v6_f16(const Gemm<float>& g) { launch_batch(gemm_half<F16>, grid_of(g), dim3(threads), 0, g); }

}  // namespace ceir
