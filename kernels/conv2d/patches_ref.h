// The plain implementation of kernels/conv2d/patches.h.
#pragma once
#include <algorithm>
#include <cstring>

#include "kernels/base/threads.h"
#include "kernels/conv2d/patches.h"

namespace ceir {

// Rows [first, last) of the windows of one image.
template <class T>
void windows_channels_first(const T* image, const PatchGeometry& g, int64_t first, int64_t last, T* y) {
  for (int64_t i = first; i < last; i++)
    for (int64_t j = 0; j < g.out_width(); j++) {
      const int64_t left = j * g.stride - g.padding;
      const int64_t v0 = std::clamp<int64_t>(-left, 0, g.kernel_width);             // columns of the window inside x: [v0, v1)
      const int64_t v1 = std::clamp<int64_t>(g.width - left, v0, g.kernel_width);
      for (int64_t c = 0; c < g.channels; c++)
        for (int64_t u = 0; u < g.kernel_height; u++, y += g.kernel_width) {
          const int64_t h = i * g.stride + u - g.padding;
          if (h < 0 || h >= g.height || v0 == v1) {
            std::fill(y, y + g.kernel_width, T(0));
            continue;
          }
          const T* x = image + (c * g.height + h) * g.width + left;
          std::fill(y, y + v0, T(0));
          std::memcpy(y + v0, x + v0, static_cast<size_t>(v1 - v0) * sizeof(T));
          std::fill(y + v1, y + g.kernel_width, T(0));
        }
    }
}

// One row of windows per chunk of work.
template <class T>
void patches_ref(const Patches<T>& p) {
  const PatchGeometry g = p.geometry;
  const int64_t ho = g.out_height(), image = g.channels * g.height * g.width;
  parallel_for(g.batch * ho, 1, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++)
      windows_channels_first(p.x + r / ho * image, g, r % ho, r % ho + 1, p.y + r * g.out_width() * g.row());
  });
}

// One plane of dx per chunk of work, so that no two threads add to the same element.
template <class T>
void patches_backward_ref(const PatchesBackward<T>& p) {
  const PatchGeometry g = p.geometry;
  const int64_t ho = g.out_height(), wo = g.out_width(), window = g.kernel_height * g.kernel_width;
  parallel_for(g.batch * g.channels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t plane = begin; plane < end; plane++) {
      const int64_t b = plane / g.channels, c = plane % g.channels;
      T* dx = p.dx + plane * g.height * g.width;
      std::fill(dx, dx + g.height * g.width, T(0));
      for (int64_t i = 0; i < ho; i++)
        for (int64_t j = 0; j < wo; j++) {
          const T* dy = p.dy + ((b * ho + i) * wo + j) * g.row() + c * window;
          for (int64_t u = 0; u < g.kernel_height; u++) {
            const int64_t h = i * g.stride + u - g.padding;
            if (h < 0 || h >= g.height) continue;
            for (int64_t v = 0; v < g.kernel_width; v++) {
              const int64_t w = j * g.stride + v - g.padding;
              if (w >= 0 && w < g.width) dx[h * g.width + w] += dy[u * g.kernel_width + v];
            }
          }
        }
    }
  });
}

}  // namespace ceir
