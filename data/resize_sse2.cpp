// The passes of a resize with 16-bit multiply-and-add of pairs. A weight has 24 bits with its sign, so it is cut into
// high * 2^12 + low; sums of bytes times either half stay exact in 32 bits for any picture that can be decoded.
#include "data/resize_passes.h"

#if defined(__SSE2__)
#include <emmintrin.h>

#include <cstring>

namespace ceir::passes {
namespace {

constexpr int low_bits = 12;

// (high << 12) + low, rounded to 0 .. 255 in 32-bit lanes; the saturating packs that follow clip it.
__m128i rounded(__m128i low, __m128i high) {
  const __m128i half = _mm_set1_epi32(1 << (weight_bits - 1));
  return _mm_srai_epi32(_mm_add_epi32(_mm_add_epi32(_mm_slli_epi32(high, low_bits), low), half), weight_bits);
}

__m128i load(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
__m128i upper(__m128i v) { return _mm_unpackhi_epi64(v, v); }

// 16 RGB pixels to three planes, by four perfect shuffles.
void split_16(const uint8_t* in, int16_t* r, int16_t* g, int16_t* b) {
  __m128i a0 = load(in), a1 = load(in + 16), a2 = load(in + 32);
  for (int round = 0; round < 4; round++) {
    const __m128i b0 = _mm_unpacklo_epi8(a0, upper(a1));
    const __m128i b1 = _mm_unpacklo_epi8(upper(a0), a2);
    const __m128i b2 = _mm_unpacklo_epi8(a1, upper(a2));
    a0 = b0, a1 = b1, a2 = b2;
  }
  const __m128i zero = _mm_setzero_si128();
  const auto store = [&](int16_t* to, __m128i v) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_unpacklo_epi8(v, zero));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 8), _mm_unpackhi_epi8(v, zero));
  };
  store(r, a0), store(g, a1), store(b, a2);
}

}  // namespace

Halves::Halves(const Taps& taps) : low(taps.weights.size()), high(taps.weights.size()) {
  for (size_t i = 0; i < low.size(); i++) {
    low[i] = static_cast<int16_t>(taps.weights[i] & ((1 << low_bits) - 1));
    high[i] = static_cast<int16_t>(taps.weights[i] >> low_bits);
  }
}

void horizontal_sse2(const uint8_t* in, int width, uint8_t* out, const Taps& taps, const Halves& halves, int count, std::vector<int16_t>& planes) {
  const size_t plane = static_cast<size_t>(width) + 16;  // reading eight at a time may pass the end by 7
  if (planes.size() != 3 * plane) planes.assign(3 * plane, 0);
  int16_t *r = planes.data(), *g = r + plane, *b = g + plane;
  int x = 0;
  for (; x + 16 <= width; x += 16) split_16(in + ptrdiff_t{3} * x, r + x, g + x, b + x);
  for (; x < width; x++) r[x] = in[3 * x], g[x] = in[3 * x + 1], b[x] = in[3 * x + 2];

  const __m128i zero = _mm_setzero_si128();
  for (int i = 0; i < count; i++, out += 3) {
    const size_t weights = static_cast<size_t>(i) * static_cast<size_t>(taps.width);
    const ptrdiff_t begin = taps.begin[static_cast<size_t>(i)];
    const int n = taps.length[static_cast<size_t>(i)];
    __m128i low_r = zero, low_g = zero, low_b = zero, high_r = zero, high_g = zero, high_b = zero;
    for (int t = 0; t < n; t += 8) {
      const __m128i low = load(halves.low.data() + weights + static_cast<size_t>(t)), high = load(halves.high.data() + weights + static_cast<size_t>(t));
      const __m128i pr = load(r + begin + t), pg = load(g + begin + t), pb = load(b + begin + t);
      low_r = _mm_add_epi32(low_r, _mm_madd_epi16(pr, low)), high_r = _mm_add_epi32(high_r, _mm_madd_epi16(pr, high));
      low_g = _mm_add_epi32(low_g, _mm_madd_epi16(pg, low)), high_g = _mm_add_epi32(high_g, _mm_madd_epi16(pg, high));
      low_b = _mm_add_epi32(low_b, _mm_madd_epi16(pb, low)), high_b = _mm_add_epi32(high_b, _mm_madd_epi16(pb, high));
    }
    // Sums over the four lanes of each colour, transposed into one vector (r, g, b, b).
    const auto sums = [](__m128i sr, __m128i sg, __m128i sb) {
      const __m128i rg = _mm_add_epi32(_mm_unpacklo_epi32(sr, sg), _mm_unpackhi_epi32(sr, sg));  // r02 g02 r13 g13
      const __m128i bb = _mm_add_epi32(_mm_unpacklo_epi32(sb, sb), _mm_unpackhi_epi32(sb, sb));
      return _mm_add_epi32(_mm_unpacklo_epi64(rg, bb), _mm_unpackhi_epi64(rg, bb));
    };
    const __m128i v = rounded(sums(low_r, low_g, low_b), sums(high_r, high_g, high_b));
    const int pixel = _mm_cvtsi128_si32(_mm_packus_epi16(_mm_packs_epi32(v, v), zero));
    std::memcpy(out, &pixel, 3);
  }
}

void vertical_sse2(const uint8_t* in, size_t stride, uint8_t* out, size_t bytes, const int16_t* low, const int16_t* high, int n) {
  const __m128i zero = _mm_setzero_si128();
  const auto block = [&](const uint8_t* p, uint8_t* to) {  // 16 bytes of the row
    __m128i l[4] = {zero, zero, zero, zero}, h[4] = {zero, zero, zero, zero};
    for (int t = 0; t < n; t += 2, p += 2 * stride) {
      const __m128i a = load(p), b = t + 1 < n ? load(p + stride) : zero;
      int low_pair, high_pair;
      std::memcpy(&low_pair, low + t, 4), std::memcpy(&high_pair, high + t, 4);
      const __m128i wl = _mm_set1_epi32(low_pair), wh = _mm_set1_epi32(high_pair);
      const __m128i ab = _mm_unpacklo_epi8(a, b), cd = _mm_unpackhi_epi8(a, b);
      const __m128i v[4] = {_mm_unpacklo_epi8(ab, zero), _mm_unpackhi_epi8(ab, zero), _mm_unpacklo_epi8(cd, zero), _mm_unpackhi_epi8(cd, zero)};
      for (int k = 0; k < 4; k++) {
        l[k] = _mm_add_epi32(l[k], _mm_madd_epi16(v[k], wl));
        h[k] = _mm_add_epi32(h[k], _mm_madd_epi16(v[k], wh));
      }
    }
    const __m128i left = _mm_packs_epi32(rounded(l[0], h[0]), rounded(l[1], h[1]));
    const __m128i right = _mm_packs_epi32(rounded(l[2], h[2]), rounded(l[3], h[3]));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_packus_epi16(left, right));
  };
  if (bytes < 16) {
    int32_t weights[64] = {};
    std::vector<int32_t> many;
    int32_t* w = weights;
    if (n > 64) many.resize(static_cast<size_t>(n)), w = many.data();
    for (int t = 0; t < n; t++) w[t] = high[t] * (1 << low_bits) + low[t];
    vertical_plain(in, stride, out, bytes, w, n);
    return;
  }
  size_t i = 0;
  for (; i + 16 <= bytes; i += 16) block(in + i, out + i);
  if (i < bytes) block(in + bytes - 16, out + bytes - 16);  // overlaps what is there already: the same bytes again
}

}  // namespace ceir::passes
#endif
