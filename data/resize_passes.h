// The two passes of a resize, apart from how their weights come about.
#pragma once
#include <cstdint>
#include <vector>

#include "data/preprocess.h"

namespace ceir {

constexpr int weight_bits = 22;  // Pillow's PRECISION_BITS = 32 - 8 - 2

// For every output i of an axis: sum over t < length[i] of weights[i * width + t] * input[begin[i] + t].
// `width` is a multiple of 8; weights beyond length[i] are 0.
struct Taps {
  int width = 0;  // 0: this axis is not resized
  std::vector<int> begin, length;
  std::vector<int32_t> weights;  // 22 fractional bits
};

// out = vertical(horizontal(in)), rounded to bytes after each. An axis without taps is copied from `window`'s offset.
void resize_passes(const Image& in, Image& out, const Taps& horizontal, const Taps& vertical, const Window& window);

// The plain passes and, where the machine has SSE2 (every x86-64), the same sums eight at a time. Exact integers:
// both give the same bytes.
namespace passes {

// One row of `channels` interleaved bytes to `count` pixels.
void horizontal_plain(const uint8_t* in, uint8_t* out, int channels, const Taps& taps, int count);
// `bytes` bytes of one output row from `n` rows that lie `stride` apart.
void vertical_plain(const uint8_t* in, size_t stride, uint8_t* out, size_t bytes, const int32_t* weights, int n);

#if defined(__SSE2__)
// Weights as two 16-bit halves, w = high * 2^12 + low, for the instruction that multiplies and adds pairs.
struct Halves {
  std::vector<int16_t> low, high;
  explicit Halves(const Taps& taps);
};
// Three channels only. `planes` is scratch for a row of `width` pixels.
void horizontal_sse2(const uint8_t* in, int width, uint8_t* out, const Taps& taps, const Halves& halves, int count, std::vector<int16_t>& planes);
void vertical_sse2(const uint8_t* in, size_t stride, uint8_t* out, size_t bytes, const int16_t* low, const int16_t* high, int n);
#endif

}  // namespace passes
}  // namespace ceir
