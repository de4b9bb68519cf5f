#include "data/resize_passes.h"

#include <algorithm>
#include <cstring>

namespace ceir {
namespace {

constexpr int32_t half = 1 << (weight_bits - 1);

uint8_t to_byte(int32_t sum) { return static_cast<uint8_t>(std::clamp(sum >> weight_bits, 0, 255)); }

template <int C>
void horizontal_row(const uint8_t* in, uint8_t* out, const Taps& taps, int count) {
  const int32_t* w = taps.weights.data();
  for (int x = 0; x < count; x++, w += taps.width, out += C) {
    const uint8_t* p = in + ptrdiff_t{taps.begin[static_cast<size_t>(x)]} * C;
    const int n = taps.length[static_cast<size_t>(x)];
    int32_t sum[C];
    for (int c = 0; c < C; c++) sum[c] = half;
    for (int t = 0; t < n; t++, p += C)
      for (int c = 0; c < C; c++) sum[c] += w[t] * p[c];
    for (int c = 0; c < C; c++) out[c] = to_byte(sum[c]);
  }
}

void vertical_row(const uint8_t* in, size_t stride, uint8_t* out, size_t bytes, const int32_t* w, int n) {
  for (size_t i = 0; i < bytes; i++) {
    int32_t sum = half;
    const uint8_t* p = in + i;
    for (int t = 0; t < n; t++, p += stride) sum += w[t] * *p;
    out[i] = to_byte(sum);
  }
}

}  // namespace

void resize_passes(const Image& in, Image& out, const Taps& horizontal, const Taps& vertical, const Window& window) {
  const size_t pixel = static_cast<size_t>(in.channels), bytes = static_cast<size_t>(out.width) * pixel;
  // Rows of the input that the vertical pass looks at.
  int first = window.y, last = window.y + window.height;
  if (vertical.width) {
    first = vertical.begin.front();
    last = vertical.begin.back() + vertical.length.back();
  }
  std::vector<uint8_t> between;
  const uint8_t* rows;
  size_t stride;
  if (horizontal.width) {
    if (vertical.width) between.resize(static_cast<size_t>(last - first) * bytes);
    uint8_t* to = vertical.width ? between.data() : out.pixels.data();
    rows = to, stride = bytes;
    for (int y = first; y < last; y++, to += bytes) {
      if (in.channels == 3) horizontal_row<3>(in.row(y), to, horizontal, out.width);
      else if (in.channels == 4) horizontal_row<4>(in.row(y), to, horizontal, out.width);
      else horizontal_row<1>(in.row(y), to, horizontal, out.width);
    }
  } else {
    rows = in.row(first) + static_cast<size_t>(window.x) * pixel;
    stride = static_cast<size_t>(in.width) * pixel;
  }
  if (!vertical.width) return;
  for (int y = 0; y < out.height; y++)
    vertical_row(rows + static_cast<size_t>(vertical.begin[static_cast<size_t>(y)] - first) * stride, stride, out.row(y), bytes,
                 vertical.weights.data() + static_cast<size_t>(y) * static_cast<size_t>(vertical.width), vertical.length[static_cast<size_t>(y)]);
}

}  // namespace ceir
