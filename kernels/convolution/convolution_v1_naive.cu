// v1: a thread does one sum, term after term; neighbouring threads have neighbouring channels of y, and ask for the same pixels.
//     Backward, input: a thread gathers for one element of x from the windows that saw it. Weight: a thread adds up one
//     element of the weight over all windows of all images. Nobody adds to another's element: no atomics.
#include "kernels/convolution/convolution_device.h"

namespace ceir {
namespace {

__global__ void convolution_naive(const ConvolutionForward<float> a, const ConvolutionWindows w) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x, position = i / w.out;
  if (position >= w.positions) return;
  const int o = static_cast<int>(i % w.out);
  const Corner corner = corner_of(w, a.x, position);
  const float* weight = a.weight + int64_t{o} * w.terms;
  float sum = 0;
  for (int p = 0; p < w.terms; p++) sum = fmaf(gathered(w, corner, p), weight[p], sum);
  finish(a, after_of(a.after, o), y_at(w, position, o), sum);
}

__global__ void convolution_dx_naive(float* dx, const float* weight, const float* dy, const ConvolutionWindows w, int64_t n) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= n) return;
  const int64_t in_image = i % w.image, image = i / w.image;
  const int c = static_cast<int>(in_image / w.channel % w.channels);
  const int h = static_cast<int>(in_image / w.row % w.height) + w.padding, v = static_cast<int>(in_image / w.column % w.width) + w.padding;
  const int out_height = static_cast<int>(w.per_image / w.out_width);
  // ConvolutionWindows [first, last] of either direction see the element.
  const int top = h < w.kernel_height ? 0 : (h - w.kernel_height) / w.stride + 1, bottom = min(h / w.stride, out_height - 1);
  const int left = v < w.kernel_width ? 0 : (v - w.kernel_width) / w.stride + 1, right = min(v / w.stride, w.out_width - 1);
  float sum = 0;
  for (int row = top; row <= bottom; row++)
    for (int column = left; column <= right; column++) {
      const int ku = h - row * w.stride, kv = v - column * w.stride;
      const int p = w.x_channels_last ? (ku * w.kernel_width + kv) * w.channels + c : (c * w.kernel_height + ku) * w.kernel_width + kv;
      const int64_t position = image * w.per_image + row * w.out_width + column;
      for (int o = 0; o < w.out; o++) sum = fmaf(weight[int64_t{o} * w.terms + p], dy[y_at(w, position, o)], sum);
    }
  dx[i] = sum;
}

__global__ void convolution_dw_naive(float* dweight, const float* x, const float* dy, const ConvolutionWindows w, int64_t n) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= n) return;
  const int o = static_cast<int>(i / w.terms), p = static_cast<int>(i % w.terms);
  float sum = 0;
  for (int64_t position = 0; position < w.positions; position++) sum = fmaf(dy[y_at(w, position, o)], gathered(w, corner_of(w, x, position), p), sum);
  dweight[i] = sum;
}

}  // namespace

void convolution_v1_naive(const ConvolutionForward<float>& a) {
  const ConvolutionWindows w = windows_of(a.geometry);
  launch(convolution_naive, blocks_for(w.positions * w.out, 256), dim3(256), 0, a, w);
}

void convolution_dx_v1_naive(const ConvolutionBackwardInput<float>& a) {
  const ConvolutionWindows w = windows_of(a.geometry);
  const int64_t n = a.geometry.batch * w.image;
  launch(convolution_dx_naive, blocks_for(n, 256), dim3(256), 0, a.dx, a.weight, a.dy, w, n);
}

void convolution_dw_v1_naive(const ConvolutionBackwardWeight<float>& a) {
  const ConvolutionWindows w = windows_of(a.geometry);
  const int64_t n = a.geometry.out * w.terms;
  launch(convolution_dw_naive, blocks_for(n, 256), dim3(256), 0, a.dweight, a.x, a.dy, w, n);
}

}  // namespace ceir
