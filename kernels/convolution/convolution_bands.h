// Convolution on the CPU as matrix products. Forward: the windows of a band of a picture are laid out as a matrix, multiplied
// while they are in a core's cache, and finished in one pass; the windows of a large picture never lie in memory together.
// Backward: one product over the windows of all pictures.
#pragma once
#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "kernels/base/threads.h"
#include "kernels/conv2d/channels_last.h"
#include "kernels/conv2d/patches_ref.h"
#include "kernels/convolution/convolution.h"
#include "kernels/gemm/gemm.h"

namespace ceir {

// Elements of the windows of a band: 1 MiB in f32 stays in a core's cache between being gathered and being multiplied.
constexpr int64_t band_elements = int64_t{1} << 18;

inline void multiply_on_cpu(const Gemm<float>& g) { gemm_variants(g, Device::cpu); }
inline void multiply_on_cpu(const Gemm<double>& g) { gemm_f64_variants(g, Device::cpu); }

// null when these can run it.
template <class Args>
const char* fits_bands(const Args& a) {
  return a.geometry.x_channels_last && a.geometry.kernel_height != a.geometry.kernel_width ? "windows of pictures with their channels last must be square" : nullptr;
}
template <class Args>
const char* fits_product(const Args& a) { return a.geometry.x_channels_last ? "the channels must come first" : nullptr; }

inline PatchGeometry patch_geometry(const ConvolutionGeometry& g) {
  return {g.batch, g.channels, g.height, g.width, g.kernel_height, g.kernel_width, g.stride, g.padding};
}

template <class T>
std::unique_ptr<T[]> scratch(int64_t n) { return std::unique_ptr<T[]>(new T[static_cast<size_t>(n)]); }

// Rows [first, last) of the windows of one image.
template <class T>
void windows_of_band(const ConvolutionGeometry& g, const T* image, int64_t first, int64_t last, T* windows) {
  if (g.x_channels_last) windows_channels_last(image, {g.height, g.width, g.channels, g.kernel_height, g.stride, g.padding}, first, last, windows);
  else windows_channels_first(image, patch_geometry(g), first, last, windows);
}

template <class T>
void convolution_bands(const ConvolutionForward<T>& a) {
  const ConvolutionGeometry& g = a.geometry;
  const int64_t height = g.out_height(), width = g.out_width(), image = g.channels * g.height * g.width, terms = g.terms();
  const int64_t rows = std::max<int64_t>(1, band_elements / std::max<int64_t>(1, width * terms));   // of the output, in a band
  const int64_t bands = (height + rows - 1) / rows;
  const size_t channels = static_cast<size_t>(g.out);
  std::vector<T> scale(channels, T(1)), mean(channels, T(0)), shift(channels, T(0));
  for (size_t o = 0; o < channels; o++) {
    if (a.after.mean) {
      scale[o] = static_cast<T>(static_cast<double>(a.after.gain[o]) / std::sqrt(static_cast<double>(a.after.variance[o]) + a.after.eps));
      mean[o] = a.after.mean[o];
    }
    if (a.after.shift) shift[o] = a.after.shift[o];
  }
  const NormaliseChannels<T> finish{mean.data(), scale.data(), shift.data(), g.out, a.after.relu};
  const bool plain = g.y_channels_last && !a.after.mean && !a.after.residual && !a.after.relu;   // the product finishes it
  parallel_for(g.batch * bands, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t b = i / bands, first = i % bands * rows, last = std::min(height, first + rows), n = (last - first) * width;
      const T* from = a.x + b * image;
      const auto windows = scratch<T>(g.pointwise() ? 0 : n * terms), sums = scratch<T>(plain ? 0 : n * g.out);
      if (g.pointwise()) from += first * width * g.channels;
      else windows_of_band(g, from, first, last, windows.get());
      const int64_t at = b * height * width + first * width;   // of the first window
      multiply_on_cpu(Gemm<T>{.a = g.pointwise() ? from : windows.get(), .a_row = terms, .a_col = 1, .b = a.weight, .b_row = 1, .b_col = terms,
                              .c = plain ? a.y + at * g.out : sums.get(), .c_row = g.out, .m = n, .n = g.out, .k = terms,
                              .bias = plain ? a.after.shift : nullptr, .packed = a.packed, .panel_width = a.panel_width});
      if (plain) continue;
      if (g.y_channels_last) {
        normalise_channels(sums.get(), a.after.residual ? a.after.residual + at * g.out : nullptr, n, finish, a.y + at * g.out);
        continue;
      }
      for (int64_t o = 0; o < g.out; o++)
        for (int64_t r = 0; r < n; r++) {
          const int64_t to = (b * g.out + o) * height * width + first * width + r;
          const size_t c = static_cast<size_t>(o);
          T y = (sums[static_cast<size_t>(r * g.out + o)] - mean[c]) * scale[c] + shift[c];
          if (a.after.residual) y += a.after.residual[to];
          a.y[to] = a.after.relu && y <= T(0) ? T(0) : y;
        }
    }
  });
}

// dy as a matrix: element (window r, channel o) at dy[r row + o column], copied where the channels come first.
template <class T>
const T* rows_of_dy(const ConvolutionGeometry& g, const T* dy, std::unique_ptr<T[]>& copy) {
  if (g.y_channels_last) return dy;
  const int64_t n = g.positions();
  copy = scratch<T>(g.batch * n * g.out);
  parallel_for(g.batch, 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; b++)
      for (int64_t o = 0; o < g.out; o++)
        for (int64_t r = 0; r < n; r++) copy[static_cast<size_t>((b * n + r) * g.out + o)] = dy[(b * g.out + o) * n + r];
  });
  return copy.get();
}

// The gradient of the windows, added up element by element.
template <class T>
void convolution_dx_product(const ConvolutionBackwardInput<T>& a) {
  const ConvolutionGeometry& g = a.geometry;
  std::unique_ptr<T[]> copy;
  const T* dy = rows_of_dy(g, a.dy, copy);
  const int64_t n = g.batch * g.positions(), terms = g.terms();
  const auto windows = scratch<T>(n * terms);
  multiply_on_cpu(Gemm<T>{.a = dy, .a_row = g.out, .a_col = 1, .b = a.weight, .b_row = terms, .b_col = 1, .c = windows.get(), .c_row = terms,
                          .m = n, .n = terms, .k = g.out});
  patches_backward_ref<T>({windows.get(), a.dx, patch_geometry(g)});
}

// dy^T times the windows.
template <class T>
void convolution_dw_product(const ConvolutionBackwardWeight<T>& a) {
  const ConvolutionGeometry& g = a.geometry;
  std::unique_ptr<T[]> copy;
  const T* dy = rows_of_dy(g, a.dy, copy);
  const int64_t n = g.batch * g.positions(), terms = g.terms(), image = g.channels * g.height * g.width;
  const auto windows = scratch<T>(n * terms);
  parallel_for(g.batch * g.out_height(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const int64_t b = r / g.out_height(), row = r % g.out_height();
      windows_of_band(g, a.x + b * image, row, row + 1, windows.get() + r * g.out_width() * terms);
    }
  });
  multiply_on_cpu(Gemm<T>{.a = dy, .a_row = 1, .a_col = g.out, .b = windows.get(), .b_row = terms, .b_col = 1, .c = a.dweight, .c_row = terms,
                          .m = g.out, .n = terms, .k = n});
}

}  // namespace ceir
