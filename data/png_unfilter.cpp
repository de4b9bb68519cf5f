#include "data/png_unfilter.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "kernels/base/error.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ceir::formats {
namespace {

uint8_t paeth(int a, int b, int c) {
  const int p = a + b - c, pa = std::abs(p - a), pb = std::abs(p - b), pc = std::abs(p - c);
  return static_cast<uint8_t>(pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
}

}  // namespace

void unfilter_plain(int filter, uint8_t* row, const uint8_t* above, size_t bytes, size_t bpp) {
  const size_t first = std::min(bpp, bytes);
  switch (filter) {
    case 0: return;
    case 1:
      for (size_t i = bpp; i < bytes; i++) row[i] = static_cast<uint8_t>(row[i] + row[i - bpp]);
      return;
    case 2:
      for (size_t i = 0; i < bytes; i++) row[i] = static_cast<uint8_t>(row[i] + above[i]);
      return;
    case 3:
      for (size_t i = 0; i < first; i++) row[i] = static_cast<uint8_t>(row[i] + above[i] / 2);
      for (size_t i = bpp; i < bytes; i++) row[i] = static_cast<uint8_t>(row[i] + (row[i - bpp] + above[i]) / 2);
      return;
    case 4:
      for (size_t i = 0; i < first; i++) row[i] = static_cast<uint8_t>(row[i] + above[i]);
      for (size_t i = bpp; i < bytes; i++) row[i] = static_cast<uint8_t>(row[i] + paeth(row[i - bpp], above[i], above[i - bpp]));
      return;
    default: bad_input("corrupt PNG: row filter {} does not exist", filter);
  }
}

#if defined(__SSE2__)

namespace {

// A pixel of 3, 4, 6 or 8 bytes in the lower half of a register; what stands behind it is never used. What one pixel
// needs is the pixel before it, so the bytes of a pixel are all there is to do at once.
// Wide: 4 or 8 bytes may be read, a single load.
template <int Bpp, bool Wide>
__m128i load_pixel(const uint8_t* p) {
  constexpr int bytes = Wide ? (Bpp <= 4 ? 4 : 8) : Bpp;
  uint64_t v = 0;
  std::memcpy(&v, p, bytes);
  return _mm_cvtsi64_si128(static_cast<long long>(v));
}

template <int Bpp>
void store_pixel(uint8_t* p, __m128i v) {
  const auto bits = static_cast<uint64_t>(_mm_cvtsi128_si64(v));
  if constexpr (Bpp == 3) {  // two plain stores: as one copy it would go through memory
    const auto two = static_cast<uint16_t>(bits);
    std::memcpy(p, &two, 2);
    p[2] = static_cast<uint8_t>(bits >> 16);
  } else {
    std::memcpy(p, &bits, Bpp);
  }
}

__m128i magnitude(__m128i v) { return _mm_max_epi16(v, _mm_sub_epi16(_mm_setzero_si128(), v)); }
__m128i choose(__m128i mask, __m128i yes, __m128i no) { return _mm_or_si128(_mm_and_si128(mask, yes), _mm_andnot_si128(mask, no)); }

// What goes from pixel to pixel of a row: the left neighbour, and for Paeth's filter the upper left one, as words.
struct Neighbours {
  __m128i left, upper_left;
};

template <int Filter, int Bpp, bool Wide>
void unfilter_pixel(uint8_t* row, const uint8_t* above, Neighbours& n) {
  const __m128i zero = _mm_setzero_si128(), raw = load_pixel<Bpp, Wide>(row);
  if constexpr (Filter == 1) {
    n.left = _mm_add_epi8(n.left, raw);
    store_pixel<Bpp>(row, n.left);
  } else if constexpr (Filter == 3) {
    const __m128i up = load_pixel<Bpp, Wide>(above);
    // avg rounds up; the odd bit comes off again.
    const __m128i mean = _mm_sub_epi8(_mm_avg_epu8(n.left, up), _mm_and_si128(_mm_xor_si128(n.left, up), _mm_set1_epi8(1)));
    n.left = _mm_add_epi8(raw, mean);
    store_pixel<Bpp>(row, n.left);
  } else {
    const __m128i a = n.left, b = _mm_unpacklo_epi8(load_pixel<Bpp, Wide>(above), zero), c = n.upper_left;
    const __m128i to_a = _mm_sub_epi16(b, c), to_b = _mm_sub_epi16(a, c);
    const __m128i pa = magnitude(to_a), pb = magnitude(to_b), pc = magnitude(_mm_add_epi16(to_a, to_b));
    const __m128i least = _mm_min_epi16(pc, _mm_min_epi16(pa, pb));
    const __m128i nearest = choose(_mm_cmpeq_epi16(least, pa), a, choose(_mm_cmpeq_epi16(least, pb), b, c));
    const __m128i pixel = _mm_add_epi8(raw, _mm_packus_epi16(nearest, nearest));
    store_pixel<Bpp>(row, pixel);
    n = {_mm_unpacklo_epi8(pixel, zero), b};
  }
}

template <int Filter, int Bpp>
void unfilter_row(uint8_t* row, const uint8_t* above, size_t bytes) {
  Neighbours n{_mm_setzero_si128(), _mm_setzero_si128()};
  size_t i = 0;
  for (; i + 8 <= bytes; i += Bpp) unfilter_pixel<Filter, Bpp, true>(row + i, above + i, n);
  for (; i < bytes; i += Bpp) unfilter_pixel<Filter, Bpp, false>(row + i, above + i, n);
}

template <int Bpp>
void unfilter_pixels(int filter, uint8_t* row, const uint8_t* above, size_t bytes) {
  if (filter == 1) unfilter_row<1, Bpp>(row, above, bytes);
  else if (filter == 3) unfilter_row<3, Bpp>(row, above, bytes);
  else unfilter_row<4, Bpp>(row, above, bytes);
}

void unfilter_up(uint8_t* row, const uint8_t* above, size_t bytes) {
  size_t i = 0;
  for (; i + 16 <= bytes; i += 16) {
    __m128i* at = reinterpret_cast<__m128i*>(row + i);
    _mm_storeu_si128(at, _mm_add_epi8(_mm_loadu_si128(at), _mm_loadu_si128(reinterpret_cast<const __m128i*>(above + i))));
  }
  unfilter_plain(2, row + i, above + i, bytes - i, 1);
}

}  // namespace

void unfilter(int filter, uint8_t* row, const uint8_t* above, size_t bytes, size_t bpp) {
  if (filter == 2) return unfilter_up(row, above, bytes);
  if (filter < 1 || filter > 4 || bytes % bpp != 0) return unfilter_plain(filter, row, above, bytes, bpp);
  switch (bpp) {
    case 3: return unfilter_pixels<3>(filter, row, above, bytes);
    case 4: return unfilter_pixels<4>(filter, row, above, bytes);
    case 6: return unfilter_pixels<6>(filter, row, above, bytes);
    case 8: return unfilter_pixels<8>(filter, row, above, bytes);
    default: return unfilter_plain(filter, row, above, bytes, bpp);
  }
}

#else

void unfilter(int filter, uint8_t* row, const uint8_t* above, size_t bytes, size_t bpp) { unfilter_plain(filter, row, above, bytes, bpp); }

#endif

}  // namespace ceir::formats
