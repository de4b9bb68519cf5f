#include "data/resize_passes.h"

#include <algorithm>

namespace ceir {
namespace passes {
namespace {

constexpr int32_t half = 1 << (weight_bits - 1);

uint8_t to_byte(int32_t sum) { return static_cast<uint8_t>(std::clamp(sum >> weight_bits, 0, 255)); }

template <int C>
void horizontal(const uint8_t* in, uint8_t* out, const Taps& taps, int count) {
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

}  // namespace

void horizontal_plain(const uint8_t* in, uint8_t* out, int channels, const Taps& taps, int count) {
  if (channels == 3) horizontal<3>(in, out, taps, count);
  else if (channels == 4) horizontal<4>(in, out, taps, count);
  else horizontal<1>(in, out, taps, count);
}

void vertical_plain(const uint8_t* in, size_t stride, uint8_t* out, size_t bytes, const int32_t* weights, int n) {
  for (size_t i = 0; i < bytes; i++) {
    int32_t sum = half;
    const uint8_t* p = in + i;
    for (int t = 0; t < n; t++, p += stride) sum += weights[t] * *p;
    out[i] = to_byte(sum);
  }
}

}  // namespace passes

void resize_passes(const Image& in, Image& out, const Taps& horizontal, const Taps& vertical, const Window& window) {
  const size_t pixel = static_cast<size_t>(in.channels), bytes = static_cast<size_t>(out.width) * pixel;
  // Rows of the input that the vertical pass looks at.
  int first = window.y, last = window.y + window.height;
  if (vertical.width) {
    first = vertical.begin.front();
    last = vertical.begin.back() + vertical.length.back();
  }
  std::vector<uint8_t> between;
  const uint8_t* rows = in.row(first) + static_cast<size_t>(window.x) * pixel;
  size_t stride = static_cast<size_t>(in.width) * pixel;
  if (horizontal.width) {
    if (vertical.width) between.resize(static_cast<size_t>(last - first) * bytes);
    uint8_t* to = vertical.width ? between.data() : out.pixels.data();
    rows = to, stride = bytes;
#if defined(__SSE2__)
    if (in.channels == 3) {
      const passes::Halves halves(horizontal);
      std::vector<int16_t> planes;
      for (int y = first; y < last; y++, to += bytes) passes::horizontal_sse2(in.row(y), in.width, to, horizontal, halves, out.width, planes);
      first = last;
    }
#endif
    for (int y = first; y < last; y++, to += bytes) passes::horizontal_plain(in.row(y), to, in.channels, horizontal, out.width);
  }
  if (!vertical.width) return;
  const int top = vertical.begin.front();
#if defined(__SSE2__)
  const passes::Halves halves(vertical);
#endif
  for (int y = 0; y < out.height; y++) {
    const uint8_t* from = rows + static_cast<size_t>(vertical.begin[static_cast<size_t>(y)] - top) * stride;
    const size_t weights = static_cast<size_t>(y) * static_cast<size_t>(vertical.width);
    const int n = vertical.length[static_cast<size_t>(y)];
#if defined(__SSE2__)
    passes::vertical_sse2(from, stride, out.row(y), bytes, halves.low.data() + weights, halves.high.data() + weights, n);
#else
    passes::vertical_plain(from, stride, out.row(y), bytes, vertical.weights.data() + weights, n);
#endif
  }
}

}  // namespace ceir
