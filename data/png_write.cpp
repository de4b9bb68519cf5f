#include <zlib.h>

#include <cstring>

#include "data/image.h"
#include "kernels/base/error.h"

namespace ceir {
namespace {

void append_be32(std::string& out, uint32_t v) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(v >> shift & 255));
}

void append_chunk(std::string& out, const char* name, const std::string& body) {
  append_be32(out, static_cast<uint32_t>(body.size()));
  const size_t begin = out.size();
  out.append(name, 4).append(body);
  append_be32(out, static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(out.data() + begin), static_cast<uInt>(body.size() + 4))));
}

}  // namespace

std::string encode_png(const Image& image) {
  if (image.width < 1 || image.height < 1 || (image.channels != 1 && image.channels != 3))
    fail(ErrorKind::internal, "encode_png: {} x {} pixels with {} channels", image.width, image.height, image.channels);
  // Filter 2 (difference to the row above) throughout: decent on drawings and photographs, and nothing to choose.
  const size_t bytes = static_cast<size_t>(image.width) * static_cast<size_t>(image.channels);
  std::string raw;
  raw.resize((bytes + 1) * static_cast<size_t>(image.height));
  for (int y = 0; y < image.height; y++) {
    uint8_t* to = reinterpret_cast<uint8_t*>(raw.data()) + (bytes + 1) * static_cast<size_t>(y);
    const uint8_t *row = image.row(y), *above = y ? image.row(y - 1) : nullptr;
    *to++ = 2;
    for (size_t i = 0; i < bytes; i++) to[i] = static_cast<uint8_t>(row[i] - (above ? above[i] : 0));
  }
  uLongf packed = compressBound(raw.size());
  std::string data(packed, '\0');
  if (compress2(reinterpret_cast<Bytef*>(data.data()), &packed, reinterpret_cast<const Bytef*>(raw.data()), raw.size(), 6) != Z_OK)
    fail(ErrorKind::resource, "out of memory while writing a PNG");
  data.resize(packed);

  std::string header;
  append_be32(header, static_cast<uint32_t>(image.width));
  append_be32(header, static_cast<uint32_t>(image.height));
  header.push_back(8);
  header.push_back(image.channels == 3 ? 2 : 0);
  header.append(3, '\0');
  std::string out("\x89PNG\r\n\x1A\n", 8);
  append_chunk(out, "IHDR", header);
  append_chunk(out, "IDAT", data);
  append_chunk(out, "IEND", "");
  return out;
}

}  // namespace ceir
