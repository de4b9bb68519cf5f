// v5: tensor cores by mma.sync: a warp multiplies 16 x 8 by 8 x 8 (tf32) or 16 x 16 by 16 x 8 (bf16) in one instruction, and
//     adds in f32. Elements are rounded once, on their way into the tile. tf32 keeps 11 bits of each factor, bf16 8: these run
//     only when they are asked for by name. 3xtf32 splits each factor into a tf32 and the tf32 of what that left, and adds
//     three products (Ootomo & Yokota 2022, without their correction of the rounding inside the core): all digits but the last few.
// needs sm_80
#include "kernels/convolution/convolution_device.h"
#include "kernels/launch/tensor_core.h"

namespace ceir {
namespace {

constexpr int tile = 64, depth = 16, threads = 128;  // four warps, 32 x 32 of the tile each

// Calls put(row of the tile, p of the tile, element) for all of both operands. A thread has one term of eight windows; the
// windows' corners lie in shared memory.
template <class PutWindow, class PutWeight>
__device__ inline void gather(const ConvolutionForward<float>& a, const ConvolutionWindows& w, const Corner* corners, int column, int p, const PutWindow& window, const PutWeight& weight) {
  const int q = threadIdx.x % depth;
  const bool inside = p + q < w.terms;
  const Term term = term_of(w, p + q);
#pragma unroll
  for (int i = threadIdx.x / depth; i < tile; i += threads / depth) {
    const Corner corner{corners[i].image, corners[i].top, corners[i].left};
    const float* from = inside ? element_of(w, corner, term) : nullptr;
    window(i, q, from ? *from : 0.0f);
    weight(i, q, inside && column + i < w.out ? a.weight[int64_t{column + i} * w.terms + p + q] : 0.0f);
  }
}

// Instruction (i, j) of the warp has rows 16 i .. and columns 8 j ..; a lane holds, of each, (group, 2 member),
// (group, 2 member + 1), (group + 8, 2 member), (group + 8, 2 member + 1).
__device__ inline void finish_warp(const ConvolutionForward<float>& a, const ConvolutionWindows& w, int64_t row, int column, const float (&sum)[2][4][4]) {
  const int lane = threadIdx.x % 32, group = lane / 4, member = lane % 4;
#pragma unroll
  for (int j = 0; j < 4; j++)
#pragma unroll
    for (int e = 0; e < 2; e++) {
      const int o = column + 8 * j + 2 * member + e;
      if (o >= w.out) continue;
      const After after = after_of(a.after, o);
#pragma unroll
      for (int i = 0; i < 4; i++) {
        const int64_t position = row + 8 * i + group;
        if (position < w.positions) finish(a, after, y_at(w, position, o), sum[i / 2][j][2 * (i % 2) + e]);
      }
    }
}

// parts: 1, or 2 for 3xtf32.
template <int parts>
__global__ void __launch_bounds__(threads, 2) convolution_tf32(const ConvolutionForward<float> a, const ConvolutionWindows w) {
  __shared__ uint32_t windows[parts][tile][depth + 4], weights[parts][tile][depth + 4];  // 20 words a row: 8 groups x 4 members read 32 different banks
  __shared__ Corner corners[tile];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, group = lane / 4, member = lane % 4;
  const int64_t row = int64_t{blockIdx.x} * tile;
  const int column = static_cast<int>(blockIdx.y) * tile, y = 32 * (warp / 2), x = 32 * (warp % 2);
  if (threadIdx.x < tile) corners[threadIdx.x] = corner_of(w, a.x, row + threadIdx.x);
  __syncthreads();  // the corners are there
  const auto put = [](uint32_t (*to)[tile][depth + 4], int i, int q, float v) {
    const uint32_t most = tf32_bits(v);
    to[0][i][q] = most;
    if (parts == 2) {
      const float left = v - __uint_as_float(most);
      to[parts - 1][i][q] = tf32_bits(left == left ? left : 0);  // nothing is left of an infinity
    }
  };
  float sum[2][4][4] = {};
  for (int p = 0; p < w.terms; p += depth) {
    gather(a, w, corners, column, p, [&](int i, int q, float v) { put(windows, i, q, v); }, [&](int i, int q, float v) { put(weights, i, q, v); });
    __syncthreads();  // the tiles are whole
#pragma unroll
    for (int q = 0; q < depth; q += 8) {
      uint32_t left[parts][2][4], right[parts][4][2];
#pragma unroll
      for (int k = 0; k < parts; k++) {
#pragma unroll
        for (int i = 0; i < 2; i++)
#pragma unroll
          for (int e = 0; e < 4; e++) left[k][i][e] = windows[k][y + 16 * i + group + 8 * (e % 2)][q + member + 4 * (e / 2)];
#pragma unroll
        for (int j = 0; j < 4; j++)
#pragma unroll
          for (int e = 0; e < 2; e++) right[k][j][e] = weights[k][x + 8 * j + group][q + member + 4 * e];
      }
#pragma unroll
      for (int i = 0; i < 2; i++)
#pragma unroll
        for (int j = 0; j < 4; j++) {
          if (parts == 2) {  // the small products first
            mma_tf32(sum[i][j], left[parts - 1][i], right[0][j]);
            mma_tf32(sum[i][j], left[0][i], right[parts - 1][j]);
          }
          mma_tf32(sum[i][j], left[0][i], right[0][j]);
        }
    }
    __syncthreads();  // everybody is done with them
  }
  finish_warp(a, w, row + y, column + x, sum);
}

__global__ void __launch_bounds__(threads) convolution_bf16(const ConvolutionForward<float> a, const ConvolutionWindows w) {
  // 24 elements a row: 48 bytes, so that the eight rows of a matrix lie in different banks, each a multiple of 16 bytes.
  __shared__ __align__(16) uint16_t windows[tile][depth + 8];
  __shared__ __align__(16) uint16_t weights[tile][depth + 8];
  __shared__ Corner corners[tile];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int64_t row = int64_t{blockIdx.x} * tile;
  const int column = static_cast<int>(blockIdx.y) * tile, y = 32 * (warp / 2), x = 32 * (warp % 2);
  if (threadIdx.x < tile) corners[threadIdx.x] = corner_of(w, a.x, row + threadIdx.x);
  __syncthreads();  // the corners are there
  float sum[2][4][4] = {};
  for (int p = 0; p < w.terms; p += depth) {
    gather(a, w, corners, column, p, [&](int i, int q, float v) { windows[i][q] = bf16_bits(v); }, [&](int i, int q, float v) { weights[i][q] = bf16_bits(v); });
    __syncthreads();  // the tiles are whole
    uint32_t left[2][4], right[4][2];
#pragma unroll
    for (int i = 0; i < 2; i++) ldmatrix4(left[i], &windows[y + 16 * i + lane % 16][8 * (lane / 16)]);
#pragma unroll
    for (int j = 0; j < 4; j++) ldmatrix2(right[j], &weights[x + 8 * j + lane % 8][8 * (lane / 8 % 2)]);
#pragma unroll
    for (int i = 0; i < 2; i++)
#pragma unroll
      for (int j = 0; j < 4; j++) mma_bf16(sum[i][j], left[i], right[j]);
    __syncthreads();  // everybody is done with them
  }
  finish_warp(a, w, row + y, column + x, sum);
}

dim3 grid_of(const ConvolutionWindows& w) { return dim3(block_count(w.positions, tile), block_count(w.out, tile)); }

}  // namespace

void convolution_v5_tf32(const ConvolutionForward<float>& a) {
  const ConvolutionWindows w = windows_of(a.geometry);
  launch(convolution_tf32<1>, grid_of(w), dim3(threads), 0, a, w);
}
void convolution_v5_3xtf32(const ConvolutionForward<float>& a) {
  const ConvolutionWindows w = windows_of(a.geometry);
  launch(convolution_tf32<2>, grid_of(w), dim3(threads), 0, a, w);
}
void convolution_v5_bf16(const ConvolutionForward<float>& a) {
  const ConvolutionWindows w = windows_of(a.geometry);
  launch(convolution_bf16, grid_of(w), dim3(threads), 0, a, w);
}

}  // namespace ceir
