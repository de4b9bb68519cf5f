#include "data/ycc_rgb.h"

#include <algorithm>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ceir {
namespace {

// Factors times 2^16.
constexpr int red_cr = 91881, green_cb = 22554, green_cr = 46802, blue_cb = 116130, half = 1 << 15;

uint8_t clip(int v) { return static_cast<uint8_t>(std::clamp(v, 0, 255)); }

}  // namespace

void ycc_to_rgb_plain(const uint8_t* y, const uint8_t* cb, const uint8_t* cr, uint8_t* out, int width) {
  for (int x = 0; x < width; x++, out += 3) {
    const int b = cb[x] - 128, r = cr[x] - 128;
    out[0] = clip(y[x] + ((red_cr * r + half) >> 16));
    out[1] = clip(y[x] + ((-green_cb * b - green_cr * r + half) >> 16));
    out[2] = clip(y[x] + ((blue_cb * b + half) >> 16));
  }
}

#if defined(__SSE2__)

namespace {

// The factors do not fit 16 bits, so whole multiples are taken out: 1.402 = 1 + 0.402, 1.772 = 2 - 0.228,
// 0.71414 = 1 - 0.28586; then one multiply-and-add of pairs is exact.
struct Rgb {
  __m128i r, g, b;  // eight words each
};

Rgb eight(__m128i y, __m128i cb, __m128i cr) {
  const __m128i two = _mm_set1_epi16(2), rounding = _mm_set1_epi32(half);
  const auto pair = [](int a, int b) { return _mm_set1_epi32(static_cast<int>(static_cast<uint32_t>(b) << 16 | (static_cast<uint32_t>(a) & 0xFFFF))); };
  const auto scaled = [](__m128i a, __m128i b, __m128i w, __m128i add) {  // (a w0 + b w1 + add) >> 16
    const __m128i low = _mm_madd_epi16(_mm_unpacklo_epi16(a, b), w), high = _mm_madd_epi16(_mm_unpackhi_epi16(a, b), w);
    return _mm_packs_epi32(_mm_srai_epi32(_mm_add_epi32(low, add), 16), _mm_srai_epi32(_mm_add_epi32(high, add), 16));
  };
  const __m128i none = _mm_setzero_si128();
  Rgb v;
  v.r = _mm_add_epi16(_mm_add_epi16(y, cr), scaled(cr, two, pair(red_cr - 65536, half / 2), none));
  v.g = _mm_add_epi16(_mm_sub_epi16(y, cr), scaled(cb, cr, pair(-green_cb, 65536 - green_cr), rounding));
  v.b = _mm_add_epi16(_mm_add_epi16(y, _mm_add_epi16(cb, cb)), scaled(cb, two, pair(blue_cb - 2 * 65536, half / 2), none));
  return v;
}

// Four pixels of 4 bytes to 12 bytes; writes 14.
void store_4(uint8_t* out, __m128i v) {
  const __m128i first = _mm_set_epi32(0, 0xFFFFFF, 0, 0xFFFFFF);
  const __m128i second = _mm_slli_epi64(first, 24);
  v = _mm_or_si128(_mm_and_si128(v, first), _mm_and_si128(_mm_srli_epi64(v, 8), second));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(out), v);
  _mm_storel_epi64(reinterpret_cast<__m128i*>(out + 6), _mm_unpackhi_epi64(v, v));
}

}  // namespace

void ycc_to_rgb(const uint8_t* y, const uint8_t* cb, const uint8_t* cr, uint8_t* out, int width) {
  const __m128i zero = _mm_setzero_si128(), middle = _mm_set1_epi16(128);
  int x = 0;
  for (; x + 16 < width; x += 16, out += 48) {  // at least one more pixel follows: a store may pass its end by 2 bytes
    const auto load = [&](const uint8_t* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + x)); };
    const __m128i vy = load(y), vb = load(cb), vr = load(cr);
    const Rgb a = eight(_mm_unpacklo_epi8(vy, zero), _mm_sub_epi16(_mm_unpacklo_epi8(vb, zero), middle), _mm_sub_epi16(_mm_unpacklo_epi8(vr, zero), middle));
    const Rgb b = eight(_mm_unpackhi_epi8(vy, zero), _mm_sub_epi16(_mm_unpackhi_epi8(vb, zero), middle), _mm_sub_epi16(_mm_unpackhi_epi8(vr, zero), middle));
    const __m128i r = _mm_packus_epi16(a.r, b.r), g = _mm_packus_epi16(a.g, b.g), blue = _mm_packus_epi16(a.b, b.b);
    const __m128i rg_low = _mm_unpacklo_epi8(r, g), rg_high = _mm_unpackhi_epi8(r, g);
    const __m128i b_low = _mm_unpacklo_epi8(blue, zero), b_high = _mm_unpackhi_epi8(blue, zero);
    store_4(out, _mm_unpacklo_epi16(rg_low, b_low));
    store_4(out + 12, _mm_unpackhi_epi16(rg_low, b_low));
    store_4(out + 24, _mm_unpacklo_epi16(rg_high, b_high));
    store_4(out + 36, _mm_unpackhi_epi16(rg_high, b_high));
  }
  ycc_to_rgb_plain(y + x, cb + x, cr + x, out, width - x);
}

#else

void ycc_to_rgb(const uint8_t* y, const uint8_t* cb, const uint8_t* cr, uint8_t* out, int width) { ycc_to_rgb_plain(y, cb, cr, out, width); }

#endif

}  // namespace ceir
