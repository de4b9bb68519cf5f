// v3: each of 256 threads keeps 4 x 4 sums of a 64 x 64 tile in registers: it reads 4 + 4 floats from shared memory, in two
//     loads of 16 bytes, for 16 multiply-adds; v2 read 2 floats for each one. A thread gathers the same term of four windows
//     whose corners it works out once, so that the divisions which find a term are shared by four elements.
#include "kernels/convolution/convolution_device.h"
#include "kernels/launch/vector.h"

namespace ceir {
namespace {

constexpr int tile = 64, depth = 16, threads = 256, pitch = tile + 4;  // 4 more: rows stay multiples of 16 bytes, and a column spreads over banks

__global__ void __launch_bounds__(threads) convolution_registers(const ConvolutionForward<float> a, const ConvolutionWindows w) {
  __shared__ __align__(16) float windows[depth][pitch];
  __shared__ __align__(16) float weights[depth][pitch];
  const int t = threadIdx.x, x = 4 * (t % 16), y = 4 * (t / 16), mine = t % depth, first = t / depth;
  const int64_t row = int64_t{blockIdx.x} * tile;
  const int column = static_cast<int>(blockIdx.y) * tile;
  Corner corner[4];
#pragma unroll
  for (int i = 0; i < 4; i++) corner[i] = corner_of(w, a.x, row + first + 16 * i);
  float sum[4][4] = {};
  for (int p = 0; p < w.terms; p += depth) {
    const bool inside = p + mine < w.terms;
    const Term term = term_of(w, p + mine);
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const float* from = inside ? element_of(w, corner[i], term) : nullptr;
      windows[mine][first + 16 * i] = from ? *from : 0;
      const int o = column + first + 16 * i;
      weights[mine][first + 16 * i] = inside && o < w.out ? a.weight[int64_t{o} * w.terms + p + mine] : 0;
    }
    __syncthreads();  // the tiles are whole
#pragma unroll
    for (int q = 0; q < depth; q++) {
      const float4 u = load4(&windows[q][y]), v = load4(&weights[q][x]);
      const float left[4] = {u.x, u.y, u.z, u.w}, right[4] = {v.x, v.y, v.z, v.w};
#pragma unroll
      for (int i = 0; i < 4; i++)
#pragma unroll
        for (int j = 0; j < 4; j++) sum[i][j] = fmaf(left[i], right[j], sum[i][j]);
    }
    __syncthreads();  // everybody is done with them
  }
#pragma unroll
  for (int j = 0; j < 4; j++) {
    const int o = column + x + j;
    if (o >= w.out) continue;
    const After after = after_of(a.after, o);
#pragma unroll
    for (int i = 0; i < 4; i++)
      if (row + y + i < w.positions) finish(a, after, y_at(w, row + y + i, o), sum[i][j]);
  }
}

}  // namespace

void convolution_v3_registers(const ConvolutionForward<float>& a) {
  const ConvolutionWindows w = windows_of(a.geometry);
  launch(convolution_registers, dim3(block_count(w.positions, tile), block_count(w.out, tile)), dim3(threads), 0, a, w);
}

}  // namespace ceir
