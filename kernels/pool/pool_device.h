// What the rungs share: where a thread's element lies, and which windows see it.
#pragma once
#include "kernels/launch/launch.h"
#include "kernels/pool/pool.h"

namespace ceir {

// The geometry as kernels take it: its own functions are the host's.
struct Pooling {
  int64_t planes, height, width, size, stride, padding, windows_high, windows_wide, step;  // step: channels side by side
};
inline Pooling pooling(const PoolGeometry& g) {
  return {g.planes, g.height, g.width, g.size, g.stride, g.padding, g.out_height(), g.out_width(), g.channels_last};
}

// Thread i's element: an image's channel, or one of `step` channels that stand side by side.
struct Place {
  int64_t image, channel, row, column;
};
__device__ inline Place place_of(int64_t i, int64_t step, int64_t height, int64_t width) {
  const int64_t pixel = i / step;
  return {pixel / (height * width), i % step, pixel / width % height, pixel % width};
}
// Element (h, w) of the place's channel, in an array whose pictures are `height` x `width`.
__device__ inline int64_t index_of(const Place& p, int64_t step, int64_t height, int64_t width, int64_t h, int64_t w) {
  return ((p.image * height + h) * width + w) * step + p.channel;
}

// [first, last] of the windows along one dimension that see element `at`; none when last < first.
struct Windows {
  int64_t first, last;
};
__device__ inline Windows windows_over(int64_t at, const Pooling& g, int64_t count) {
  const int64_t padded = at + g.padding;
  return {padded < g.size ? 0 : (padded - g.size) / g.stride + 1, min(padded / g.stride, count - 1)};
}

}  // namespace ceir
