// Convolution (cross-correlation) of images with zero padding, and what follows it in a network while the sum is in registers:
//   y[b, i, j, o] = f((sum - mean[o]) gain[o] / sqrt(variance[o] + eps) + shift[o] + residual[b, i, j, o]),
//   sum = sum over (u, v, c) of weight[o, u, v, c] x[b, i stride + u - padding, j stride + v - padding, c], 0 outside x.
// The sum is a row of a matrix product whose left side ("im2col": Chellapilla et al. 2006, section 3) need not be in memory
// ("implicit GEMM": Chetlur et al. 2014, section 3). Batch normalisation with fixed statistics: Ioffe & Szegedy 2015.
#pragma once
#include <cstdint>

#include "kernels/base/table.h"

namespace ceir {

struct ConvolutionGeometry {
  int64_t batch, channels, height, width;   // of x
  int64_t out, kernel_height, kernel_width, stride, padding;
  // x (B, H, W, C) and weight (O, kh, kw, C), else x (B, C, H, W) and weight (O, C, kh, kw).
  bool x_channels_last = false;
  // y and residual (B, H', W', O), else (B, O, H', W').
  bool y_channels_last = false;

  int64_t out_height() const { return (height + 2 * padding - kernel_height) / stride + 1; }
  int64_t out_width() const { return (width + 2 * padding - kernel_width) / stride + 1; }
  int64_t positions() const { return out_height() * out_width(); }          // windows of an image
  int64_t terms() const { return channels * kernel_height * kernel_width; }  // of a sum
  // A window is a pixel, and the next window the next pixel: a matrix product with nothing to gather.
  bool pointwise() const {
    return kernel_height == 1 && kernel_width == 1 && stride == 1 && padding == 0 && x_channels_last && y_channels_last;
  }
};

// Nothing is done for what is null.
template <class T> struct AfterConvolution {
  const T *mean = nullptr, *variance = nullptr, *gain = nullptr;  // (O): all three or none
  double eps = 0;
  const T* shift = nullptr;     // (O)
  const T* residual = nullptr;  // as y, but not y
  bool relu = false;            // f = max(0, .); a NaN stays one
};

template <class T> struct ConvolutionForward {
  const T* x;
  const T* weight;
  T* y;
  ConvolutionGeometry geometry;
  AfterConvolution<T> after = {};
  // The weight, as a matrix (terms, O), once more in panels (kernels/gemm/packed.h), or null.
  const T* packed = nullptr; int64_t panel_width = 0;
};

// dx[b, h, w, c] = sum of weight[o, u, v, c] dy[b, i, j, o] over the windows (i, j) that see the element at (u, v).
template <class T> struct ConvolutionBackwardInput {
  const T* weight;
  const T* dy;   // as y
  T* dx;         // as x
  ConvolutionGeometry geometry;
};

// dweight[o, u, v, c] = sum of dy[b, i, j, o] x[b, i stride + u - padding, j stride + v - padding, c] over b, i, j.
template <class T> struct ConvolutionBackwardWeight {
  const T* x;
  const T* dy;
  T* dweight;    // as weight
  ConvolutionGeometry geometry;
};

inline std::string shape_of(const ConvolutionGeometry& g) {
  return sizes({g.batch, g.channels, g.height, g.width}) + " -> " + std::to_string(g.out) + ", " + sizes({g.kernel_height, g.kernel_width});
}
template <class T> std::string shape_of(const ConvolutionForward<T>& a) { return shape_of(a.geometry); }
template <class T> std::string shape_of(const ConvolutionBackwardInput<T>& a) { return shape_of(a.geometry); }
template <class T> std::string shape_of(const ConvolutionBackwardWeight<T>& a) { return shape_of(a.geometry); }

extern const Table<ConvolutionForward<float>> convolution_variants;
extern const Table<ConvolutionForward<double>> convolution_f64_variants;
extern const Table<ConvolutionBackwardInput<float>> convolution_dx_variants;
extern const Table<ConvolutionBackwardInput<double>> convolution_dx_f64_variants;
extern const Table<ConvolutionBackwardWeight<float>> convolution_dw_variants;
extern const Table<ConvolutionBackwardWeight<double>> convolution_dw_f64_variants;

inline void run(const ConvolutionForward<float>& a) { convolution_variants(a); }
inline void run(const ConvolutionForward<double>& a) { convolution_f64_variants(a); }
inline void run(const ConvolutionBackwardInput<float>& a) { convolution_dx_variants(a); }
inline void run(const ConvolutionBackwardInput<double>& a) { convolution_dx_f64_variants(a); }
inline void run(const ConvolutionBackwardWeight<float>& a) { convolution_dw_variants(a); }
inline void run(const ConvolutionBackwardWeight<double>& a) { convolution_dw_f64_variants(a); }

}  // namespace ceir
