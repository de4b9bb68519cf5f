// v1: a thread writes one element of one window: it works out which of x, and writes that or 0. Written in order; read in runs
//     of a window's line, 7 to 32 floats.
//     Backward: a thread gathers what the windows say of one element of x, window after window in their order: no atomics, and
//     the bits of the plain implementation. Only the (kernel / stride)^2 windows that saw the element are asked.
#include "kernels/conv2d/patches.h"
#include "kernels/launch/launch.h"

namespace ceir {
namespace {

__global__ void patches_naive(float* y, const float* x, const PatchGeometry g, int64_t ho, int64_t wo, int64_t n) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= n) return;
  const int64_t v = i % g.kernel_width, u = i / g.kernel_width % g.kernel_height, c = i / (g.kernel_width * g.kernel_height) % g.channels;
  const int64_t window = i / (g.channels * g.kernel_height * g.kernel_width), j = window % wo, row = window / wo % ho, b = window / (wo * ho);
  const int64_t h = row * g.stride + u - g.padding, w = j * g.stride + v - g.padding;
  const bool inside = h >= 0 && h < g.height && w >= 0 && w < g.width;
  y[i] = inside ? x[((b * g.channels + c) * g.height + h) * g.width + w] : 0;
}

__global__ void patches_backward_naive(float* dx, const float* dy, const PatchGeometry g, int64_t ho, int64_t wo, int64_t n) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= n) return;
  const int64_t w = i % g.width + g.padding, h = i / g.width % g.height + g.padding, c = i / (g.width * g.height) % g.channels;
  const int64_t b = i / (g.width * g.height * g.channels);
  // Windows [first, last] of either direction see the element.
  const int64_t top = h < g.kernel_height ? 0 : (h - g.kernel_height) / g.stride + 1, bottom = min(h / g.stride, ho - 1);
  const int64_t left = w < g.kernel_width ? 0 : (w - g.kernel_width) / g.stride + 1, right = min(w / g.stride, wo - 1);
  float sum = 0;
  for (int64_t row = top; row <= bottom; row++)
    for (int64_t j = left; j <= right; j++) {
      const int64_t u = h - row * g.stride, v = w - j * g.stride;
      sum += dy[((b * ho + row) * wo + j) * (g.channels * g.kernel_height * g.kernel_width) + (c * g.kernel_height + u) * g.kernel_width + v];
    }
  dx[i] = sum;
}

}  // namespace

void patches_v1_naive(const Patches<float>& p) {
  const int64_t n = p.geometry.batch * p.geometry.out_height() * p.geometry.out_width() * p.geometry.row();
  launch(patches_naive, blocks_for(n, 256), dim3(256), 0, p.y, p.x, p.geometry, p.geometry.out_height(), p.geometry.out_width(), n);
}

void patches_backward_v1_naive(const PatchesBackward<float>& p) {
  const int64_t n = p.geometry.batch * p.geometry.channels * p.geometry.height * p.geometry.width;
  launch(patches_backward_naive, blocks_for(n, 256), dim3(256), 0, p.dx, p.dy, p.geometry, p.geometry.out_height(), p.geometry.out_width(), n);
}

}  // namespace ceir
