// Windows of an image as rows of a matrix ("im2col"; Chellapilla et al. 2006, section 3), so that a convolution is a matrix product.
#pragma once
#include <cstdint>

#include "kernels/base/table.h"

namespace ceir {

struct PatchGeometry {
  int64_t batch, channels, height, width;   // of x
  int64_t kernel_height, kernel_width, stride, padding;
  int64_t out_height() const { return (height + 2 * padding - kernel_height) / stride + 1; }
  int64_t out_width() const { return (width + 2 * padding - kernel_width) / stride + 1; }
  int64_t row() const { return channels * kernel_height * kernel_width; }   // elements of one window
};

// y (B, Ho, Wo, C, kh, kw): y[b, i, j, c, u, v] = x[b, c, i stride + u - padding, j stride + v - padding], 0 outside.
template <class T> struct Patches {
  const T* x;   // (B, C, H, W)
  T* y;
  PatchGeometry geometry;
};

// dx: the sum over all windows that saw an element, in the order of (i, j).
template <class T> struct PatchesBackward {
  const T* dy;
  T* dx;        // (B, C, H, W)
  PatchGeometry geometry;
};

template <class T> std::string shape_of(const Patches<T>& a) { return sizes({a.geometry.batch, a.geometry.channels, a.geometry.height, a.geometry.width}) + ", " + sizes({a.geometry.kernel_height, a.geometry.kernel_width}); }
template <class T> std::string shape_of(const PatchesBackward<T>& a) { return sizes({a.geometry.batch, a.geometry.channels, a.geometry.height, a.geometry.width}) + ", " + sizes({a.geometry.kernel_height, a.geometry.kernel_width}); }

extern const Table<Patches<float>> patches_variants;
extern const Table<Patches<double>> patches_f64_variants;
extern const Table<PatchesBackward<float>> patches_backward_variants;
extern const Table<PatchesBackward<double>> patches_backward_f64_variants;

}  // namespace ceir
