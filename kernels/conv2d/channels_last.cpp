#include "kernels/conv2d/channels_last.h"

#include <algorithm>
#include <limits>

namespace ceir {

template <class T>
void windows_channels_last(const T* x, const WindowGeometry& g, int64_t first, int64_t last, T* out) {
  const int64_t run = g.kernel * g.channels;   // of a window: one of its lines
  for (int64_t oy = first; oy < last; oy++)
    for (int64_t ox = 0; ox < g.out_width(); ox++) {
      const int64_t left = ox * g.stride - g.padding;
      const int64_t begin = std::max<int64_t>(0, -left), end = std::min(g.kernel, g.width - left);   // columns inside x
      for (int64_t ky = 0; ky < g.kernel; ky++, out += run) {
        const int64_t iy = oy * g.stride - g.padding + ky;
        if (iy < 0 || iy >= g.height || begin >= end) {
          std::fill(out, out + run, T(0));
          continue;
        }
        std::fill(out, out + begin * g.channels, T(0));
        const T* from = x + (iy * g.width + left) * g.channels;
        std::copy(from + begin * g.channels, from + end * g.channels, out + begin * g.channels);
        std::fill(out + end * g.channels, out + run, T(0));
      }
    }
}

template <class T>
void normalise_channels(const T* x, const T* residual, int64_t rows, const NormaliseChannels<T>& n, T* y) {
  const int64_t channels = n.channels;
  for (int64_t r = 0; r < rows; r++) {
    const T* in = x + r * channels;
    const T* added = residual ? residual + r * channels : nullptr;
    T* out = y + r * channels;
    // Subtracted first: a mean far from 0 would cancel in x scale + (shift - mean scale).
    if (added)
      for (int64_t c = 0; c < channels; c++) out[c] = (in[c] - n.mean[c]) * n.scale[c] + n.shift[c] + added[c];
    else
      for (int64_t c = 0; c < channels; c++) out[c] = (in[c] - n.mean[c]) * n.scale[c] + n.shift[c];
    if (n.relu)
      for (int64_t c = 0; c < channels; c++) out[c] = out[c] <= T(0) ? T(0) : out[c];   // a NaN stays one
  }
}

template <class T>
void average_pool_channels_last(const T* x, int64_t height, int64_t width, int64_t channels, int64_t size, T* y) {
  const T part = T(1) / static_cast<T>(size * size);
  for (int64_t oy = 0; oy < height / size; oy++)
    for (int64_t ox = 0; ox < width / size; ox++, y += channels) {
      std::fill(y, y + channels, T(0));
      for (int64_t ky = 0; ky < size; ky++)
        for (int64_t kx = 0; kx < size; kx++) {
          const T* from = x + ((oy * size + ky) * width + ox * size + kx) * channels;
          for (int64_t c = 0; c < channels; c++) y[c] += from[c];
        }
      for (int64_t c = 0; c < channels; c++) y[c] *= part;
    }
}

template <class T>
void max_pool_channels_last(const T* x, const WindowGeometry& g, T* y) {
  for (int64_t oy = 0; oy < g.out_height(); oy++)
    for (int64_t ox = 0; ox < g.out_width(); ox++, y += g.channels) {
      std::fill(y, y + g.channels, -std::numeric_limits<T>::infinity());
      for (int64_t ky = 0; ky < g.kernel; ky++)
        for (int64_t kx = 0; kx < g.kernel; kx++) {
          const int64_t iy = oy * g.stride - g.padding + ky, ix = ox * g.stride - g.padding + kx;
          if (iy < 0 || iy >= g.height || ix < 0 || ix >= g.width) continue;
          const T* from = x + (iy * g.width + ix) * g.channels;
          for (int64_t c = 0; c < g.channels; c++) y[c] = from[c] <= y[c] || y[c] != y[c] ? y[c] : from[c];   // NaN wins
        }
    }
}

template void windows_channels_last<float>(const float*, const WindowGeometry&, int64_t, int64_t, float*);
template void windows_channels_last<double>(const double*, const WindowGeometry&, int64_t, int64_t, double*);
template void normalise_channels<float>(const float*, const float*, int64_t, const NormaliseChannels<float>&, float*);
template void normalise_channels<double>(const double*, const double*, int64_t, const NormaliseChannels<double>&, double*);
template void average_pool_channels_last<float>(const float*, int64_t, int64_t, int64_t, int64_t, float*);
template void average_pool_channels_last<double>(const double*, int64_t, int64_t, int64_t, int64_t, double*);
template void max_pool_channels_last<float>(const float*, const WindowGeometry&, float*);
template void max_pool_channels_last<double>(const double*, const WindowGeometry&, double*);

}  // namespace ceir
