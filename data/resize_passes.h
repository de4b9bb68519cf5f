// The two passes of a resize, apart from how their weights come about.
#pragma once
#include <cstdint>
#include <vector>

#include "data/preprocess.h"

namespace ceir {

constexpr int weight_bits = 22;  // Pillow's PRECISION_BITS = 32 - 8 - 2

// For every output i of an axis: sum over t < length[i] of weights[i * width + t] * input[begin[i] + t].
struct Taps {
  int width = 0;  // 0: this axis is not resized
  std::vector<int> begin, length;
  std::vector<int32_t> weights;  // 22 fractional bits
};

// out = vertical(horizontal(in)), rounded to bytes after each. An axis without taps is copied from `window`'s offset.
void resize_passes(const Image& in, Image& out, const Taps& horizontal, const Taps& vertical, const Window& window);

}  // namespace ceir
