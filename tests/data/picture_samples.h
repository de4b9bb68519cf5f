// Pictures in the formats that need no encoder: PNGs of every kind built chunk by chunk, bitmaps, Netpbm.
#pragma once
#include <zlib.h>

#include <string>
#include <vector>

namespace ceir::test {

inline std::string be32_of(uint32_t v) {
  return {static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8), static_cast<char>(v)};
}
inline std::string le_of(uint64_t v, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; i++) out.push_back(static_cast<char>(v >> (8 * i)));
  return out;
}

inline std::string png_chunk(const std::string& name, const std::string& body) {
  const std::string both = name + body;
  return be32_of(static_cast<uint32_t>(body.size())) + both + be32_of(static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(both.data()), static_cast<uInt>(both.size()))));
}

inline std::string packed(const std::string& raw) {
  uLongf n = compressBound(raw.size());
  std::string out(n, '\0');
  compress(reinterpret_cast<Bytef*>(out.data()), &n, reinterpret_cast<const Bytef*>(raw.data()), raw.size());
  out.resize(n);
  return out;
}

inline const std::string png_signature("\x89PNG\r\n\x1A\n", 8);

inline std::string png_header(uint32_t width, uint32_t height, int depth, int colour, int interlace = 0) {
  return png_chunk("IHDR", be32_of(width) + be32_of(height) + std::string{static_cast<char>(depth), static_cast<char>(colour), 0, 0, static_cast<char>(interlace)});
}

// A whole file from its parts; `between` stands between IHDR and IDAT.
inline std::string png_file(const std::string& header, const std::string& between, const std::string& raw) {
  return png_signature + header + between + png_chunk("IDAT", packed(raw)) + png_chunk("IEND", "");
}

inline int png_channels(int colour) { return colour == 2 ? 3 : colour == 4 ? 2 : colour == 6 ? 4 : 1; }

// Rows of a 5 x 4 picture with filters 0 to 4 in turn and samples that walk through all values.
inline std::string png_rows(int depth, int colour) {
  std::string raw;
  const size_t bytes = (5 * static_cast<size_t>(png_channels(colour) * depth) + 7) / 8;
  for (size_t y = 0; y < 4; y++) {
    raw.push_back(static_cast<char>(y + 1));
    for (size_t i = 0; i < bytes; i++) raw.push_back(static_cast<char>(colour == 3 && depth == 8 ? 0 : 37 * y + 11 * i));
  }
  return raw;
}

inline std::string full_palette() {
  std::string p;
  for (int i = 0; i < 256; i++) p += {static_cast<char>(i), static_cast<char>(255 - i), static_cast<char>(i * 7)};
  return png_chunk("PLTE", p);
}

inline std::string bmp_file(int width, int height, int bits, const std::string& palette, const std::string& rows) {
  const size_t start = 54 + palette.size();
  return "BM" + le_of(start + rows.size(), 4) + le_of(0, 4) + le_of(start, 4) + le_of(40, 4) + le_of(static_cast<uint32_t>(width), 4) +
         le_of(static_cast<uint32_t>(height), 4) + le_of(1, 2) + le_of(static_cast<uint64_t>(bits), 2) + le_of(0, 4) + le_of(rows.size(), 4) +
         le_of(0, 8) + le_of(palette.size() / 4, 4) + le_of(0, 4) + palette + rows;
}

// One sound file of each kind, for mutation.
inline std::vector<std::string> plain_samples() {
  std::vector<std::string> out;
  for (const auto& [depth, colour] : {std::pair(8, 0), {16, 0}, {1, 0}, {8, 2}, {16, 2}, {4, 3}, {8, 4}, {8, 6}})
    out.push_back(png_file(png_header(5, 4, depth, colour), colour == 3 ? full_palette() : "", png_rows(depth, colour)));
  out.push_back(bmp_file(3, 2, 24, "", std::string(24, 'x')));
  out.push_back(bmp_file(3, -2, 8, std::string(16, 'p'), std::string("\0\1\2\0\3\2\1\0", 8)));
  out.push_back(bmp_file(3, 2, 1, std::string(8, 'p'), std::string(8, '\x55')));
  out.push_back(bmp_file(3, 2, 16, "", std::string(16, 'y')));
  out.push_back("P6\n# a comment\n3 2\n255\n" + std::string(18, 'z'));
  out.push_back("P5 3 2 65535 " + std::string(12, 'z'));
  out.push_back("P4 9 2\n" + std::string(4, 'z'));
  out.push_back("P3 2 1 15  0 1 2  3 4 15");
  out.push_back("P1 3 2 0 1 0 101");
  return out;
}

}  // namespace ceir::test
