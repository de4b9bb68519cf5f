// Maximum and mean over windows of an image.
#pragma once
#include <cstdint>

#include "kernels/base/table.h"

namespace ceir {

struct PoolGeometry {
  int64_t planes, height, width;           // planes = batch x channels
  int64_t size, stride, padding;           // square windows; an average has no padding
  int64_t channels_last = 1;               // n: x is (planes / n, H, W, n), channels last; 1: (planes, H, W). y likewise
  int64_t out_height() const { return (height + 2 * padding - size) / stride + 1; }
  int64_t out_width() const { return (width + 2 * padding - size) / stride + 1; }
};

// y = max over the window; what lies outside counts as -inf. Of equal maxima the first (row by row) is taken; NaN wins.
template <class T> struct MaxPool {
  const T* x;        // (planes, H, W), or channels last
  T* y;              // (planes, Ho, Wo)
  int64_t* where;    // as y: h W + w of the maximum, kept for backward; null at inference
  PoolGeometry geometry;
};

// dx[where] += dy, row by row of windows.
template <class T> struct MaxPoolBackward {
  const T* dy;
  const int64_t* where;
  T* dx;             // (planes, H, W)
  PoolGeometry geometry;
};

// y = mean over the window.
template <class T> struct AvgPool {
  const T* x;
  T* y;
  PoolGeometry geometry;
};

template <class T> struct AvgPoolBackward {
  const T* dy;
  T* dx;
  PoolGeometry geometry;
};

template <class T> std::string shape_of(const MaxPool<T>& a) { return sizes({a.geometry.planes, a.geometry.height, a.geometry.width}) + ", " + sizes({a.geometry.size, a.geometry.size}); }
template <class T> std::string shape_of(const MaxPoolBackward<T>& a) { return sizes({a.geometry.planes, a.geometry.height, a.geometry.width}) + ", " + sizes({a.geometry.size, a.geometry.size}); }
template <class T> std::string shape_of(const AvgPool<T>& a) { return sizes({a.geometry.planes, a.geometry.height, a.geometry.width}) + ", " + sizes({a.geometry.size, a.geometry.size}); }
template <class T> std::string shape_of(const AvgPoolBackward<T>& a) { return sizes({a.geometry.planes, a.geometry.height, a.geometry.width}) + ", " + sizes({a.geometry.size, a.geometry.size}); }

extern const Table<MaxPool<float>> max_pool_variants;
extern const Table<MaxPool<double>> max_pool_f64_variants;
extern const Table<MaxPoolBackward<float>> max_pool_backward_variants;
extern const Table<MaxPoolBackward<double>> max_pool_backward_f64_variants;
extern const Table<AvgPool<float>> avg_pool_variants;
extern const Table<AvgPool<double>> avg_pool_f64_variants;
extern const Table<AvgPoolBackward<float>> avg_pool_backward_variants;
extern const Table<AvgPoolBackward<double>> avg_pool_backward_f64_variants;

}  // namespace ceir
