// Our own reading of a JPEG's structure (ITU-T T.81), to the last Huffman code, before a decoder may touch it.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "data/formats.h"

namespace ceir::formats {

// A Huffman table that is known to be sound (T.81, annex C and F.2.2.3).
struct HuffmanTable {
  static constexpr int fast_bits = 9;
  bool defined = false;
  std::array<uint16_t, 1 << fast_bits> fast;  // length << 8 | symbol for short codes, else 0
  std::array<int32_t, 17> first_code, first_index, count;  // by length 1 to 16
  std::array<uint8_t, 256> symbols;

  // 16 counts and the symbols. Throws Error(bad_input) when they are more than 256 or more than their lengths can tell apart.
  void build(const uint8_t* counts, const uint8_t* values, size_t available);
};

struct JpegComponent {
  int id, h, v, table;          // sampling factors, quantisation table
  int64_t blocks_x, blocks_y;   // of a scan of its own
  int64_t grid_x, grid_y;       // of an interleaved scan: whole MCUs
  bool seen = false;            // some scan has held it
  int dc = 0;                   // last DC value (its prediction)
  // Progressive only: lowest bit sent so far of each coefficient (-1: none), and which coefficients are not zero.
  std::array<int8_t, 64> sent;
  std::vector<uint64_t> nonzero;  // (grid_y, grid_x), bit k = zigzag position k
};

struct JpegScan {
  std::vector<JpegComponent*> components;
  std::vector<const HuffmanTable*> dc, ac;
  int first, last, high, low;  // spectral selection and successive approximation
};

struct JpegFrame {
  bool progressive = false;
  int width = 0, height = 0;
  int64_t mcus_x = 0, mcus_y = 0;
  int restart_interval = 0;  // MCUs; 0: none
  std::vector<JpegComponent> components;
};

// Reads one scan's entropy-coded data, from `at` to the marker that ends it; returns that marker's position.
// Throws Error(bad_input) unless every block is there and every code is in its table.
size_t check_scan(Bytes file, size_t at, JpegFrame& frame, const JpegScan& scan);

struct JpegInfo {
  int width, height, components;
  int adobe_transform = -1;  // of the APP14 segment; -1 without one
  int orientation = 1;
  size_t end = 0;            // just behind the end marker
};

// Walks the whole file. Throws Error(bad_input): "truncated JPEG: ..." or "corrupt JPEG: ..." or what is not supported.
JpegInfo check_jpeg(Bytes file);

// To RGB, by the decoder that the build chose (stb_jpeg.cpp, turbo_jpeg.cpp); only for what check_jpeg has passed.
Image jpeg_rgb(Bytes file);

}  // namespace ceir::formats
