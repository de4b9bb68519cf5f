// The plain implementation of kernels/convolution: the formulas, loop by loop.
#pragma once
#include <cmath>

#include "kernels/base/threads.h"
#include "kernels/convolution/convolution.h"

namespace ceir {

// Where element (image b, channel c, row h, column w) of x stands, and (b, o, i, j) of y, and (o, c, u, v) of the weight.
inline int64_t x_index(const ConvolutionGeometry& g, int64_t b, int64_t c, int64_t h, int64_t w) {
  return g.x_channels_last ? ((b * g.height + h) * g.width + w) * g.channels + c : ((b * g.channels + c) * g.height + h) * g.width + w;
}
inline int64_t y_index(const ConvolutionGeometry& g, int64_t b, int64_t o, int64_t position) {
  return g.y_channels_last ? (b * g.positions() + position) * g.out + o : (b * g.out + o) * g.positions() + position;
}
inline int64_t weight_index(const ConvolutionGeometry& g, int64_t o, int64_t c, int64_t u, int64_t v) {
  return o * g.terms() + (g.x_channels_last ? (u * g.kernel_width + v) * g.channels + c : (c * g.kernel_height + u) * g.kernel_width + v);
}

// Calls term(c, u, v, h, w) for the terms of a window's sum that lie inside x, in the weight's order.
template <class Term>
void for_each_term(const ConvolutionGeometry& g, int64_t position, const Term& term) {
  const int64_t top = position / g.out_width() * g.stride - g.padding, left = position % g.out_width() * g.stride - g.padding;
  const auto taps = [&](int64_t first, int64_t last) {   // channels [first, last)
    for (int64_t u = 0; u < g.kernel_height; u++)
      for (int64_t v = 0; v < g.kernel_width; v++) {
        const int64_t h = top + u, w = left + v;
        if (h < 0 || h >= g.height || w < 0 || w >= g.width) continue;
        for (int64_t c = first; c < last; c++) term(c, u, v, h, w);
      }
  };
  if (g.x_channels_last) taps(0, g.channels);
  else
    for (int64_t c = 0; c < g.channels; c++) taps(c, c + 1);
}

template <class T>
T after_convolution(const AfterConvolution<T>& a, T sum, int64_t o, int64_t y_at) {
  if (a.mean) {
    const T scale = static_cast<T>(static_cast<double>(a.gain[o]) / std::sqrt(static_cast<double>(a.variance[o]) + a.eps));
    sum = (sum - a.mean[o]) * scale;   // subtracted first: a mean far from 0 would cancel in sum scale + (shift - mean scale)
  }
  if (a.shift) sum += a.shift[o];
  if (a.residual) sum += a.residual[y_at];
  return a.relu && sum <= T(0) ? T(0) : sum;
}

template <class T>
void convolution_ref(const ConvolutionForward<T>& a) {
  const ConvolutionGeometry& g = a.geometry;
  parallel_for(g.batch * g.positions(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++)
      for (int64_t o = 0; o < g.out; o++) {
        const int64_t b = r / g.positions(), position = r % g.positions(), at = y_index(g, b, o, position);
        T sum = 0;
        for_each_term(g, position, [&](int64_t c, int64_t u, int64_t v, int64_t h, int64_t w) {
          sum += a.weight[weight_index(g, o, c, u, v)] * a.x[x_index(g, b, c, h, w)];
        });
        a.y[at] = after_convolution(a.after, sum, o, at);
      }
  });
}

// An image per chunk of work: no two threads add to the same element.
template <class T>
void convolution_dx_ref(const ConvolutionBackwardInput<T>& a) {
  const ConvolutionGeometry& g = a.geometry;
  const int64_t image = g.channels * g.height * g.width;
  parallel_for(g.batch, 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; b++) {
      for (int64_t i = 0; i < image; i++) a.dx[b * image + i] = 0;
      for (int64_t position = 0; position < g.positions(); position++)
        for (int64_t o = 0; o < g.out; o++) {
          const T dy = a.dy[y_index(g, b, o, position)];
          for_each_term(g, position, [&](int64_t c, int64_t u, int64_t v, int64_t h, int64_t w) {
            a.dx[x_index(g, b, c, h, w)] += a.weight[weight_index(g, o, c, u, v)] * dy;
          });
        }
    }
  });
}

// A filter per chunk of work.
template <class T>
void convolution_dw_ref(const ConvolutionBackwardWeight<T>& a) {
  const ConvolutionGeometry& g = a.geometry;
  parallel_for(g.out, 1, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; o++) {
      for (int64_t i = 0; i < g.terms(); i++) a.dweight[o * g.terms() + i] = 0;
      for (int64_t b = 0; b < g.batch; b++)
        for (int64_t position = 0; position < g.positions(); position++) {
          const T dy = a.dy[y_index(g, b, o, position)];
          for_each_term(g, position, [&](int64_t c, int64_t u, int64_t v, int64_t h, int64_t w) {
            a.dweight[weight_index(g, o, c, u, v)] += dy * a.x[x_index(g, b, c, h, w)];
          });
        }
    }
  });
}

}  // namespace ceir
