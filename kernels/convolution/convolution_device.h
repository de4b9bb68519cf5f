// What the rungs of the ladder share: a convolution as a matrix product C(position, o) = A(position, p) weight(o, p), whose A
// is not in memory but gathered from x, and what happens to a sum when it is complete.
#pragma once
#include "kernels/base/error.h"
#include "kernels/convolution/convolution.h"
#include "kernels/launch/launch.h"

namespace ceir {

// The geometry as kernels take it: its own functions are the host's.
struct ConvolutionWindows {
  int64_t positions, per_image;        // windows of all images, and of one
  int64_t channel, row, column, image;  // strides of x
  int channels, height, width, out, kernel_height, kernel_width, stride, padding, out_width, terms;
  bool x_channels_last, y_channels_last;
};
inline ConvolutionWindows windows_of(const ConvolutionGeometry& g) {
  const auto as_int = [](int64_t n) {
    if (n > INT32_MAX) fail(ErrorKind::bad_input, "convolution: {} is more than a device takes of pixels in a line, channels, or terms of a sum", n);
    return static_cast<int>(n);
  };
  const int64_t plane = g.height * g.width;
  return {g.batch * g.positions(), g.positions(), g.x_channels_last ? 1 : plane, g.x_channels_last ? g.width * g.channels : g.width,
          g.x_channels_last ? g.channels : 1, plane * g.channels, as_int(g.channels), as_int(g.height), as_int(g.width), as_int(g.out),
          as_int(g.kernel_height), as_int(g.kernel_width), as_int(g.stride), as_int(g.padding), as_int(g.out_width()), as_int(g.terms()),
          g.x_channels_last, g.y_channels_last};
}

// The upper left of a window; no image where there is no such window.
struct Corner {
  const float* image;
  int top, left;
};
__device__ inline Corner corner_of(const ConvolutionWindows& w, const float* x, int64_t position) {
  if (position >= w.positions) return {nullptr, 0, 0};
  const int in_image = static_cast<int>(position % w.per_image);
  return {x + position / w.per_image * w.image, in_image / w.out_width * w.stride - w.padding, in_image % w.out_width * w.stride - w.padding};
}

// Term p of a sum: channel and place in the window, in the weight's order.
struct Term {
  int channel, u, v;
};
__device__ inline Term term_of(const ConvolutionWindows& w, int p) {
  if (w.x_channels_last) {
    const int tap = p / w.channels;
    return {p % w.channels, tap / w.kernel_width, tap % w.kernel_width};
  }
  const int line = p / w.kernel_width;
  return {line / w.kernel_height, line % w.kernel_height, p % w.kernel_width};
}

// Where a window's term lies in x; null where that is outside, which counts as 0.
__device__ inline const float* element_of(const ConvolutionWindows& w, const Corner& corner, const Term& t) {
  const int h = corner.top + t.u, v = corner.left + t.v;
  if (!corner.image || h < 0 || h >= w.height || v < 0 || v >= w.width) return nullptr;
  return corner.image + t.channel * w.channel + h * w.row + v * w.column;
}
__device__ inline float gathered(const ConvolutionWindows& w, const Corner& corner, int p) {
  const float* x = p < w.terms ? element_of(w, corner, term_of(w, p)) : nullptr;
  return x ? *x : 0;
}

// Of y: window `position` of all, channel o.
__device__ inline int64_t y_at(const ConvolutionWindows& w, int64_t position, int o) {
  return w.y_channels_last ? position * w.out + o : (position / w.per_image * w.out + o) * w.per_image + position % w.per_image;
}

// What is done to the sums of channel o.
struct After {
  float mean = 0, scale = 1, shift = 0;
};
__device__ inline After after_of(const AfterConvolution<float>& a, int o) {
  After f;
  if (a.mean) f.mean = a.mean[o], f.scale = a.gain[o] / sqrtf(a.variance[o] + static_cast<float>(a.eps));
  if (a.shift) f.shift = a.shift[o];
  return f;
}
__device__ inline void finish(const ConvolutionForward<float>& a, const After& f, int64_t at, float sum) {
  float y = (sum - f.mean) * f.scale + f.shift;  // subtracted first, as on the CPU
  if (a.after.residual) y += a.after.residual[at];
  a.y[at] = a.after.relu && y <= 0 ? 0 : y;
}

}  // namespace ceir
