// The plain implementation of kernels/pool. Work is cut by planes; within a plane the order is fixed.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/base/threads.h"
#include "kernels/pool/pool.h"

namespace ceir {

// Calls body(output index within the plane, top, bottom, left, right): the part of each window that lies inside the plane.
template <class Body>
void for_each_window(const PoolGeometry& g, const Body& body) {
  for (int64_t i = 0; i < g.out_height(); i++)
    for (int64_t j = 0; j < g.out_width(); j++) {
      const int64_t top = i * g.stride - g.padding, left = j * g.stride - g.padding;
      body(i * g.out_width() + j, std::max<int64_t>(top, 0), std::min(top + g.size, g.height), std::max<int64_t>(left, 0),
           std::min(left + g.size, g.width));
    }
}

// An element of a plane stands at start + index * step.
struct Plane {
  int64_t start, step;
};
inline Plane plane_of(const PoolGeometry& g, int64_t plane, int64_t elements) {
  const int64_t n = g.channels_last;
  return {plane / n * n * elements + plane % n, n};
}

template <class T>
void max_pool_ref(const MaxPool<T>& p) {
  const PoolGeometry g = p.geometry;
  parallel_for(g.planes, 1, [&](int64_t begin, int64_t end) {
    for (int64_t plane = begin; plane < end; plane++) {
      const Plane in = plane_of(g, plane, g.height * g.width), out = plane_of(g, plane, g.out_height() * g.out_width());
      const T* x = p.x + in.start;
      for_each_window(g, [&](int64_t o, int64_t top, int64_t bottom, int64_t left, int64_t right) {
        int64_t best = top * g.width + left;
        for (int64_t h = top; h < bottom; h++)
          for (int64_t w = left; w < right; w++) {
            const int64_t at = h * g.width + w;
            if (x[at * in.step] > x[best * in.step] || (std::isnan(x[at * in.step]) && !std::isnan(x[best * in.step]))) best = at;
          }
        p.y[out.start + o * out.step] = x[best * in.step];
        if (p.where) p.where[out.start + o * out.step] = best;
      });
    }
  });
}

template <class T>
void max_pool_backward_ref(const MaxPoolBackward<T>& p) {
  const PoolGeometry g = p.geometry;
  const int64_t elements = g.height * g.width, windows = g.out_height() * g.out_width();
  parallel_for(g.planes, 1, [&](int64_t begin, int64_t end) {
    for (int64_t plane = begin; plane < end; plane++) {
      const Plane in = plane_of(g, plane, elements), out = plane_of(g, plane, windows);
      T* dx = p.dx + in.start;
      for (int64_t i = 0; i < elements; i++) dx[i * in.step] = 0;
      for (int64_t o = 0; o < windows; o++) dx[p.where[out.start + o * out.step] * in.step] += p.dy[out.start + o * out.step];
    }
  });
}

template <class T>
void avg_pool_ref(const AvgPool<T>& p) {
  const PoolGeometry g = p.geometry;
  const T share = T(1) / static_cast<T>(g.size * g.size);
  parallel_for(g.planes, 1, [&](int64_t begin, int64_t end) {
    for (int64_t plane = begin; plane < end; plane++) {
      const Plane in = plane_of(g, plane, g.height * g.width), out = plane_of(g, plane, g.out_height() * g.out_width());
      for_each_window(g, [&](int64_t o, int64_t top, int64_t bottom, int64_t left, int64_t right) {
        T sum = 0;
        for (int64_t h = top; h < bottom; h++)
          for (int64_t w = left; w < right; w++) sum += p.x[in.start + (h * g.width + w) * in.step];
        p.y[out.start + o * out.step] = sum * share;
      });
    }
  });
}

template <class T>
void avg_pool_backward_ref(const AvgPoolBackward<T>& p) {
  const PoolGeometry g = p.geometry;
  const int64_t elements = g.height * g.width;
  const T share = T(1) / static_cast<T>(g.size * g.size);
  parallel_for(g.planes, 1, [&](int64_t begin, int64_t end) {
    for (int64_t plane = begin; plane < end; plane++) {
      const Plane in = plane_of(g, plane, elements), out = plane_of(g, plane, g.out_height() * g.out_width());
      T* dx = p.dx + in.start;
      for (int64_t i = 0; i < elements; i++) dx[i * in.step] = 0;
      for_each_window(g, [&](int64_t o, int64_t top, int64_t bottom, int64_t left, int64_t right) {
        for (int64_t h = top; h < bottom; h++)
          for (int64_t w = left; w < right; w++) dx[(h * g.width + w) * in.step] += p.dy[out.start + o * out.step] * share;
      });
    }
  });
}

}  // namespace ceir
