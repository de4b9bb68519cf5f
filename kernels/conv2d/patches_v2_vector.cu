// v2: four floats a thread, read and written by one instruction each: the patches of a vision transformer, whose lines lie in
//     lines of the picture, begin where four floats do. The divisions that find a place are shared by four. Backward: the four
//     neighbours of dx are in the same windows, so that they are gathered together, in v1's order.
#include "kernels/conv2d/patches.h"
#include "kernels/launch/launch.h"
#include "kernels/launch/vector.h"

namespace ceir {
namespace {

__global__ void patches_vector(float* y, const float* x, const PatchGeometry g, int64_t ho, int64_t wo, int64_t n) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x, four = g.kernel_width / 4;
  if (4 * i >= n) return;
  const int64_t v = 4 * (i % four), u = i / four % g.kernel_height, c = i / (four * g.kernel_height) % g.channels;
  const int64_t window = i / (g.channels * g.kernel_height * four), j = window % wo, row = window / wo % ho, b = window / (wo * ho);
  const int64_t h = row * g.stride + u - g.padding, w = j * g.stride + v - g.padding;
  const bool inside = h >= 0 && h < g.height && w >= 0 && w < g.width;  // all four or none
  store4(y + 4 * i, inside ? load4(x + ((b * g.channels + c) * g.height + h) * g.width + w) : make_float4(0, 0, 0, 0));
}

__global__ void patches_backward_vector(float* dx, const float* dy, const PatchGeometry g, int64_t ho, int64_t wo, int64_t n) {
  const int64_t i = 4 * (int64_t{blockIdx.x} * blockDim.x + threadIdx.x);
  if (i >= n) return;
  const int64_t w = i % g.width + g.padding, h = i / g.width % g.height + g.padding, c = i / (g.width * g.height) % g.channels;
  const int64_t b = i / (g.width * g.height * g.channels);
  // Windows [first, last] of either direction see the elements.
  const int64_t top = h < g.kernel_height ? 0 : (h - g.kernel_height) / g.stride + 1, bottom = min(h / g.stride, ho - 1);
  const int64_t left = w < g.kernel_width ? 0 : (w - g.kernel_width) / g.stride + 1, right = min(w / g.stride, wo - 1);
  float4 sum = make_float4(0, 0, 0, 0);
  for (int64_t row = top; row <= bottom; row++)
    for (int64_t j = left; j <= right; j++) {
      const int64_t u = h - row * g.stride, v = w - j * g.stride;
      const float4 d = load4(dy + ((b * ho + row) * wo + j) * (g.channels * g.kernel_height * g.kernel_width) + (c * g.kernel_height + u) * g.kernel_width + v);
      sum = make_float4(sum.x + d.x, sum.y + d.y, sum.z + d.z, sum.w + d.w);
    }
  store4(dx + i, sum);
}

}  // namespace

void patches_v2_vector(const Patches<float>& p) {
  const int64_t n = p.geometry.batch * p.geometry.out_height() * p.geometry.out_width() * p.geometry.row();
  launch(patches_vector, blocks_for(n, 1024), dim3(256), 0, p.y, p.x, p.geometry, p.geometry.out_height(), p.geometry.out_width(), n);
}

void patches_backward_v2_vector(const PatchesBackward<float>& p) {
  const int64_t n = p.geometry.batch * p.geometry.channels * p.geometry.height * p.geometry.width;
  launch(patches_backward_vector, blocks_for(n, 1024), dim3(256), 0, p.dx, p.dy, p.geometry, p.geometry.out_height(), p.geometry.out_width(), n);
}

}  // namespace ceir
