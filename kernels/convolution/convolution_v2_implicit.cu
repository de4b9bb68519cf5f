// v2: implicit GEMM. A block of 16 x 16 threads computes a 16 x 16 tile of the product (windows x channels of y); the tile of
//     the windows' matrix that it needs is gathered from x straight into shared memory, so that the matrix, with kh kw times as
//     many elements as x, is never written, and each element that is gathered is used 16 times.
//     Backward, input: with stride s only every s-th window sees an element, so x falls into s x s classes, each of which is a
//     product of its own with a part of the weight (grid.z); no term that is 0 is multiplied.
//     Backward, weight: the same gathering, with the windows along the sum.
#include "kernels/convolution/convolution_device.h"

namespace ceir {
namespace {

constexpr int tile = 16;

__global__ void convolution_implicit(const ConvolutionForward<float> a, const ConvolutionWindows w) {
  __shared__ float windows[tile][tile + 1], weights[tile][tile + 1];  // (position, p), (o, p)
  const int x = threadIdx.x, y = threadIdx.y;
  const int64_t row = int64_t{blockIdx.x} * tile;
  const int column = static_cast<int>(blockIdx.y) * tile, o = column + x;
  const Corner corner = corner_of(w, a.x, row + y);
  float sum = 0;
  for (int p = 0; p < w.terms; p += tile) {
    windows[y][x] = gathered(w, corner, p + x);
    weights[y][x] = column + y < w.out && p + x < w.terms ? a.weight[int64_t{column + y} * w.terms + p + x] : 0;
    __syncthreads();  // the tiles are whole
    for (int q = 0; q < tile; q++) sum = fmaf(windows[y][q], weights[x][q], sum);
    __syncthreads();  // everybody is done with them
  }
  if (row + y < w.positions && o < w.out) finish(a, after_of(a.after, o), y_at(w, row + y, o), sum);
}

// Of one dimension of x: elements first, first + stride, ... are seen by windows through taps tap, tap + stride, ...
struct Class {
  int first, count, tap, taps;
};
__device__ inline Class class_of(int phase, int size, int kernel, int stride, int padding) {
  Class k;
  k.first = (phase + stride - padding % stride) % stride;
  k.count = k.first < size ? (size - k.first + stride - 1) / stride : 0;
  k.tap = phase;
  k.taps = phase < kernel ? (kernel - phase + stride - 1) / stride : 0;
  return k;
}

__global__ void convolution_dx_implicit(float* dx, const float* weight, const float* dy, const ConvolutionWindows w, int64_t images) {
  __shared__ float grads[tile][tile + 1], weights[tile][tile + 1];  // (element of x, q), (q, channel)
  const int x = threadIdx.x, y = threadIdx.y;
  const Class rows = class_of(blockIdx.z / w.stride, w.height, w.kernel_height, w.stride, w.padding);
  const Class columns = class_of(blockIdx.z % w.stride, w.width, w.kernel_width, w.stride, w.padding);
  const int64_t in_class = int64_t{rows.count} * columns.count, begin = int64_t{blockIdx.x} * tile, at = begin + y;
  if (begin >= images * in_class) return;  // the whole block: other classes have more elements
  const int c = static_cast<int>(blockIdx.y) * tile + x, out_height = static_cast<int>(w.per_image / w.out_width);
  const bool inside = at < images * in_class;
  const int64_t image = at / in_class;
  const int h = rows.first + static_cast<int>(at % in_class / columns.count) * w.stride, v = columns.first + static_cast<int>(at % columns.count) * w.stride;
  // The window that sees the element through the first tap; those of the next taps lie before it.
  const int window_row = (h + w.padding - rows.tap) / w.stride, window_column = (v + w.padding - columns.tap) / w.stride;
  const int terms = rows.taps * columns.taps * w.out;  // (tap of a row, tap of a column, o)
  float sum = 0;
  for (int p = 0; p < terms; p += tile) {
    {
      const int q = p + x, o = q % w.out, tap = q / w.out;
      const int i = window_row - (q < terms ? tap / columns.taps : 0), j = window_column - (q < terms ? tap % columns.taps : 0);
      const bool seen = inside && q < terms && i >= 0 && i < out_height && j >= 0 && j < w.out_width;
      grads[y][x] = seen ? dy[y_at(w, image * w.per_image + i * w.out_width + j, o)] : 0;
    }
    {
      const int q = p + y, o = q % w.out, tap = q / w.out;
      float value = 0;
      if (q < terms && c < w.channels) {
        const int u = rows.tap + tap / columns.taps * w.stride, k = columns.tap + tap % columns.taps * w.stride;
        value = weight[int64_t{o} * w.terms + (w.x_channels_last ? (u * w.kernel_width + k) * w.channels + c : (c * w.kernel_height + u) * w.kernel_width + k)];
      }
      weights[y][x] = value;
    }
    __syncthreads();  // the tiles are whole
    for (int q = 0; q < tile; q++) sum = fmaf(grads[y][q], weights[q][x], sum);
    __syncthreads();  // everybody is done with them
  }
  if (inside && c < w.channels) dx[image * w.image + c * w.channel + h * w.row + v * w.column] = sum;
}

__global__ void convolution_dw_implicit(float* dweight, const float* images, const float* dy, const ConvolutionWindows w) {
  __shared__ float grads[tile][tile + 1], windows[tile][tile + 1];  // (position, o), (position, p)
  const int x = threadIdx.x, y = threadIdx.y;
  const int row = static_cast<int>(blockIdx.y) * tile;
  const int64_t column = int64_t{blockIdx.x} * tile;
  const bool term = column + x < w.terms;
  float sum = 0;
  for (int64_t position = 0; position < w.positions; position += tile) {
    windows[y][x] = term ? gathered(w, corner_of(w, images, position + y), static_cast<int>(column) + x) : 0;
    const int from = w.y_channels_last ? y : x, o = w.y_channels_last ? x : y;  // neighbouring threads along what is dense
    grads[from][o] = position + from < w.positions && row + o < w.out ? dy[y_at(w, position + from, row + o)] : 0;
    __syncthreads();  // the tiles are whole
    for (int q = 0; q < tile; q++) sum = fmaf(grads[q][y], windows[q][x], sum);
    __syncthreads();  // everybody is done with them
  }
  if (row + y < w.out && term) dweight[int64_t{row + y} * w.terms + column + x] = sum;
}

}  // namespace

void convolution_v2_implicit(const ConvolutionForward<float>& a) {
  const ConvolutionWindows w = windows_of(a.geometry);
  launch(convolution_implicit, dim3(block_count(w.positions, tile), block_count(w.out, tile)), dim3(tile, tile), 0, a, w);
}

void convolution_dx_v2_implicit(const ConvolutionBackwardInput<float>& a) {
  const ConvolutionWindows w = windows_of(a.geometry);
  const auto most = [&](int size) { return (size + w.stride - 1) / w.stride; };  // elements of a class
  launch(convolution_dx_implicit, dim3(block_count(a.geometry.batch * most(w.height) * most(w.width), tile), block_count(w.channels, tile), w.stride * w.stride),
         dim3(tile, tile), 0, a.dx, a.weight, a.dy, w, a.geometry.batch);
}

void convolution_dw_v2_implicit(const ConvolutionBackwardWeight<float>& a) {
  const ConvolutionWindows w = windows_of(a.geometry);
  launch(convolution_dw_implicit, dim3(block_count(w.terms, tile), block_count(w.out, tile)), dim3(tile, tile), 0, a.dweight, a.x, a.dy, w);
}

}  // namespace ceir
