// What a residual network does between its matrix products, on images with their channels last, (H, W, C): a pixel's
// channels are then one row of a matrix, a 1 x 1 convolution is a linear layer, and windows are copied in long runs.
#pragma once
#include <cstdint>

namespace ceir {

struct WindowGeometry {
  int64_t height, width, channels, kernel, stride, padding;
  int64_t out_height() const { return (height + 2 * padding - kernel) / stride + 1; }
  int64_t out_width() const { return (width + 2 * padding - kernel) / stride + 1; }
  int64_t row() const { return kernel * kernel * channels; }
};

// Output rows [first, last) of the windows of x (H, W, C) as rows of a matrix ((last - first) W', kernel kernel C); 0 outside x.
template <class T>
void windows_channels_last(const T* x, const WindowGeometry& g, int64_t first, int64_t last, T* out);

// Batch normalisation with fixed statistics, and what follows it: y = f((x - mean) scale + shift + residual) for each of
// `rows` rows of C; f is max(0, .) with `relu`. residual may be null; y may be x.
template <class T>
struct NormaliseChannels {
  const T *mean, *scale, *shift;   // (C)
  int64_t channels;
  bool relu;
};
template <class T>
void normalise_channels(const T* x, const T* residual, int64_t rows, const NormaliseChannels<T>& n, T* y);

// Means of size x size windows without overlap, x (H, W, C) -> (H / size, W / size, C); rests are dropped.
template <class T>
void average_pool_channels_last(const T* x, int64_t height, int64_t width, int64_t channels, int64_t size, T* y);

// Maxima of the windows, padding left out; `g.channels` maxima a window.
template <class T>
void max_pool_channels_last(const T* x, const WindowGeometry& g, T* y);

}  // namespace ceir
