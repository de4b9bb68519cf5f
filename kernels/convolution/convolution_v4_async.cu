// v4: two tiles of each operand: while one is multiplied, cp.async gathers the next. Four terms that follow each other are one
//     copy of 16 bytes where they follow each other in x too: channels last, and channels a multiple of 4; or patches, whose
//     lines lie in lines of the picture. So tiles are stored with the terms as columns, and a thread's four rows are 16 apart:
//     then eight neighbours' loads of 16 bytes fall into different banks. The sums are added in v3's order: the same bits.
// needs sm_80
#include "kernels/convolution/convolution_device.h"
#include "kernels/launch/async_copy.h"
#include "kernels/launch/vector.h"

namespace ceir {
namespace {

constexpr int tile = 64, depth = 16, threads = 256, pitch = depth + 4;

struct Tiles {
  float windows[tile][pitch], weights[tile][pitch];  // (position, p), (o, p)
};

// A thread copies four terms of one window and of one channel's weights.
template <bool fours>
__device__ inline void start_copy(Tiles& to, const ConvolutionForward<float>& a, const ConvolutionWindows& w, const Corner& corner, int o, int p) {
  const int row = threadIdx.x / 4, q = 4 * (threadIdx.x % 4);
  const float* weight = a.weight + int64_t{o} * w.terms + p + q;
  if (fours) {
    const float* from = p + q < w.terms ? element_of(w, corner, term_of(w, p + q)) : nullptr;
    copy_async16(&to.windows[row][q], from ? from : a.x, from != nullptr);
    const bool inside = o < w.out && p + q < w.terms;
    copy_async16(&to.weights[row][q], inside ? weight : a.weight, inside);
  } else {
#pragma unroll
    for (int e = 0; e < 4; e++) {
      const float* from = p + q + e < w.terms ? element_of(w, corner, term_of(w, p + q + e)) : nullptr;
      copy_async4(&to.windows[row][q + e], from ? from : a.x, from != nullptr);
      const bool inside = o < w.out && p + q + e < w.terms;
      copy_async4(&to.weights[row][q + e], inside ? weight + e : a.weight, inside);
    }
  }
  copy_async_commit();
}

template <bool fours>
__global__ void __launch_bounds__(threads) convolution_async(const ConvolutionForward<float> a, const ConvolutionWindows w) {
  __shared__ __align__(16) Tiles tiles[2];
  const int x = threadIdx.x % 16, y = threadIdx.x / 16;
  const int64_t row = int64_t{blockIdx.x} * tile;
  const int column = static_cast<int>(blockIdx.y) * tile, mine = column + static_cast<int>(threadIdx.x) / 4;
  const Corner corner = corner_of(w, a.x, row + threadIdx.x / 4);
  float sum[4][4] = {};
  start_copy<fours>(tiles[0], a, w, corner, mine, 0);
  int now = 0;
  for (int p = 0; p < w.terms; p += depth, now ^= 1) {
    copy_async_wait<0>();
    __syncthreads();  // all threads' copies are there, and all are done with the other tile
    if (p + depth < w.terms) start_copy<fours>(tiles[now ^ 1], a, w, corner, mine, p + depth);
#pragma unroll
    for (int q = 0; q < depth; q += 4) {
      float4 left[4], right[4];
#pragma unroll
      for (int i = 0; i < 4; i++) left[i] = load4(&tiles[now].windows[y + 16 * i][q]), right[i] = load4(&tiles[now].weights[x + 16 * i][q]);
#pragma unroll
      for (int i = 0; i < 4; i++)
#pragma unroll
        for (int j = 0; j < 4; j++) {
          sum[i][j] = fmaf(left[i].x, right[j].x, sum[i][j]);
          sum[i][j] = fmaf(left[i].y, right[j].y, sum[i][j]);
          sum[i][j] = fmaf(left[i].z, right[j].z, sum[i][j]);
          sum[i][j] = fmaf(left[i].w, right[j].w, sum[i][j]);
        }
    }
  }
#pragma unroll
  for (int j = 0; j < 4; j++) {
    const int o = column + x + 16 * j;
    if (o >= w.out) continue;
    const After after = after_of(a.after, o);
#pragma unroll
    for (int i = 0; i < 4; i++)
      if (row + y + 16 * i < w.positions) finish(a, after, y_at(w, row + y + 16 * i, o), sum[i][j]);
  }
}

// True when four terms from a multiple of four on are 16 bytes of x at a multiple of 16, all inside or all outside.
bool in_fours(const ConvolutionForward<float>& a) {
  const ConvolutionGeometry& g = a.geometry;
  if (reinterpret_cast<uintptr_t>(a.x) % 16 != 0 || reinterpret_cast<uintptr_t>(a.weight) % 16 != 0) return false;
  if (g.x_channels_last) return g.channels % 4 == 0;
  return g.kernel_width % 4 == 0 && g.stride % 4 == 0 && g.width % 4 == 0 && g.padding == 0;
}

}  // namespace

void convolution_v4_async(const ConvolutionForward<float>& a) {
  const ConvolutionWindows w = windows_of(a.geometry);
  const dim3 grid(block_count(w.positions, tile), block_count(w.out, tile));
  if (in_fours(a)) launch(convolution_async<true>, grid, dim3(threads), 0, a, w);
  else launch(convolution_async<false>, grid, dim3(threads), 0, a, w);
}

}  // namespace ceir
