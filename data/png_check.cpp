#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "data/png.h"

namespace ceir::formats {
namespace {

constexpr uint32_t name(const char (&s)[5]) {
  return uint32_t{static_cast<uint8_t>(s[0])} << 24 | uint32_t{static_cast<uint8_t>(s[1])} << 16 |
         uint32_t{static_cast<uint8_t>(s[2])} << 8 | uint32_t{static_cast<uint8_t>(s[3])};
}

PngHeader header_of(Bytes b) {
  if (b.size() != 13) corrupt_png("IHDR does not have 13 bytes");
  const uint32_t width = be32(b.data()), height = be32(b.data() + 4);
  if (width > 0x7FFFFFFF || height > 0x7FFFFFFF) corrupt_png("a size above 2^31 - 1");
  check_size("PNG", width, height);
  PngHeader h{static_cast<int>(width), static_cast<int>(height), b[8], b[9], b[12] == 1};
  const bool sound = h.colour == 0   ? h.depth == 1 || h.depth == 2 || h.depth == 4 || h.depth == 8 || h.depth == 16
                     : h.colour == 3 ? h.depth == 1 || h.depth == 2 || h.depth == 4 || h.depth == 8
                                     : (h.colour == 2 || h.colour == 4 || h.colour == 6) && (h.depth == 8 || h.depth == 16);
  if (!sound) bad_input("corrupt PNG: colour type {} with {} bits does not exist", h.colour, h.depth);
  if (b[10] != 0 || b[11] != 0 || b[12] > 1) corrupt_png("an unknown compression, filter or interlace method");
  return h;
}

}  // namespace

PngChunks check_png(Bytes file) {
  static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  if (file.size() < 8) bad_input("truncated PNG: the file ends inside its signature");
  if (std::memcmp(file.data(), signature, 8) != 0) corrupt_png("its signature is damaged (was it transferred as text?)");
  PngChunks out;
  bool header = false, palette = false, data = false, data_over = false, transparency = false;
  for (size_t at = 8;;) {
    if (file.size() - at < 12) bad_input("truncated PNG: {}", at == file.size() ? "no end chunk" : "the file ends inside a chunk");
    const uint32_t length = be32(file.data() + at), type = be32(file.data() + at + 4);
    if (length > 0x7FFFFFFF) corrupt_png("a chunk longer than 2^31 - 1 bytes");
    if (file.size() - at - 12 < length) bad_input("truncated PNG: the file ends inside a chunk");
    const Bytes body = file.subspan(at + 8, length);
    const std::string_view shown(reinterpret_cast<const char*>(file.data() + at + 4), 4);
    if (!std::all_of(shown.begin(), shown.end(), [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }))
      corrupt_png("a chunk name that is no name");
    uLong crc = crc32(0, file.data() + at + 4, 4);
    crc = length ? crc32(crc, body.data(), length) : crc;
    if (crc != be32(file.data() + at + 8 + length)) bad_input("corrupt PNG: the checksum of chunk {} is wrong", shown);
    at += 12 + size_t{length};
    if (!header && type != name("IHDR")) bad_input("corrupt PNG: it begins with chunk {}, expected IHDR", shown);
    if (data && type != name("IDAT")) data_over = true;
    switch (type) {
      case name("IHDR"):
        if (header) corrupt_png("a second IHDR");
        header = true;
        out.header = header_of(body);
        break;
      case name("PLTE"):
        if (palette || data) corrupt_png("PLTE stands twice or behind the picture");
        if (length == 0 || length % 3 != 0 || length > 768) corrupt_png("PLTE has a length no palette has");
        if (out.header.colour == 0 || out.header.colour == 4) corrupt_png("a palette in a grey picture");
        palette = true;
        out.palette.resize(length / 3);
        std::memcpy(out.palette.data(), body.data(), length);
        break;
      case name("tRNS"): {
        const int c = out.header.colour;
        if (transparency || data) corrupt_png("tRNS stands twice or behind the picture");
        transparency = true;
        if (c == 3 && (!palette || length > out.palette.size())) corrupt_png("tRNS has more entries than the palette");
        if ((c == 0 && length != 2) || (c == 2 && length != 6)) corrupt_png("tRNS has the wrong length");
        break;  // transparency is dropped
      }
      case name("IDAT"):
        if (data_over) corrupt_png("its IDAT chunks do not follow each other");
        if (out.header.colour == 3 && !palette) corrupt_png("a palette picture without a palette");
        data = true;
        if (length) out.data.push_back(body);
        break;
      case name("eXIf"): out.orientation = exif_orientation(body); break;
      case name("IEND"):
        if (!data) corrupt_png("it holds no picture");
        if (length != 0) corrupt_png("IEND is not empty");
        return out;  // anything behind it belongs to nobody
      default:
        if (!(type & 0x20000000)) bad_input("corrupt PNG: unknown critical chunk {}", shown);
    }
  }
}

Decoded decode_png(Bytes file, bool keep_alpha) {
  const PngChunks chunks = check_png(file);
  Decoded d;
  d.image = png_pixels(chunks, keep_alpha);
  d.orientation = chunks.orientation;
  return d;
}

}  // namespace ceir::formats
