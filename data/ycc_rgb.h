// JPEG's YCbCr to RGB in libjpeg's 16-bit fixed point (jdcolor.c; JFIF 1.02), one row.
#pragma once
#include <cstdint>

namespace ceir {

// r = y + 1.402 (cr - 128), g = y - 0.34414 (cb - 128) - 0.71414 (cr - 128), b = y + 1.772 (cb - 128), rounded and
// clipped; out has 3 bytes a pixel. The second is the plain form of the first: the same bytes.
void ycc_to_rgb(const uint8_t* y, const uint8_t* cb, const uint8_t* cr, uint8_t* out, int width);
void ycc_to_rgb_plain(const uint8_t* y, const uint8_t* cb, const uint8_t* cr, uint8_t* out, int width);

}  // namespace ceir
