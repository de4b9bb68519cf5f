// PNG's structure (ISO/IEC 15948), checked chunk by chunk.
#pragma once
#include <array>
#include <vector>

#include "data/formats.h"

namespace ceir::formats {

struct PngHeader {
  int width, height, depth, colour;  // colour: 0 grey, 2 RGB, 3 palette, 4 grey + alpha, 6 RGBA
  bool interlaced;
  int channels() const { return colour == 0 || colour == 3 ? 1 : colour == 2 ? 3 : colour == 4 ? 2 : 4; }
};

struct PngChunks {
  PngHeader header;
  std::vector<Bytes> data;                          // the IDAT chunks, in order
  std::vector<std::array<uint8_t, 3>> palette;
  int orientation = 1;
};

[[noreturn]] inline void corrupt_png(const char* what) { bad_input("corrupt PNG: {}", what); }

// Signature, order, lengths and checksums of all chunks to IEND. Throws Error(bad_input).
PngChunks check_png(Bytes file);

// Inflates and unfilters the picture while checking that exactly its bytes come out.
Image png_pixels(const PngChunks& chunks, bool keep_alpha);

}  // namespace ceir::formats
