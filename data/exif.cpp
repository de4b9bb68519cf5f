#include "data/formats.h"

namespace ceir {
namespace formats {

// TIFF 6.0, section 2: byte order, 42, offset of the first directory; a directory is a count and entries of 12 bytes.
int exif_orientation(Bytes tiff) {
  if (tiff.size() < 8) return 1;
  const bool little = tiff[0] == 'I' && tiff[1] == 'I';
  if (!little && !(tiff[0] == 'M' && tiff[1] == 'M')) return 1;
  const auto u16 = [&](size_t at) { return little ? le16(tiff.data() + at) : be16(tiff.data() + at); };
  const auto u32 = [&](size_t at) { return little ? le32(tiff.data() + at) : be32(tiff.data() + at); };
  if (u16(2) != 42) return 1;
  const size_t directory = u32(4);
  if (directory > tiff.size() - 2) return 1;
  const size_t entries = u16(directory);
  for (size_t i = 0; i < entries; i++) {
    const size_t at = directory + 2 + 12 * i;
    if (at + 12 > tiff.size()) return 1;
    if (u16(at) != 0x0112) continue;
    const uint32_t type = u16(at + 2), count = u32(at + 4);
    if (count != 1) return 1;
    const uint32_t value = type == 3 ? u16(at + 8) : type == 4 ? u32(at + 8) : type == 1 ? tiff[at + 8] : 1;
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

}  // namespace formats

Image oriented(Image image, int orientation) {
  if (orientation < 2 || orientation > 8) return image;
  const bool transpose = orientation >= 5;
  Image out;
  out.width = transpose ? image.height : image.width;
  out.height = transpose ? image.width : image.height;
  out.channels = image.channels, out.indexed = image.indexed, out.palette = image.palette;
  out.pixels.resize(image.pixels.size());
  // Row and column 0 of the stored picture are, in the shown one (EXIF 2.3, tag 0x0112): 2 top right, 3 bottom right,
  // 4 bottom left, 5 left top, 6 right top, 7 right bottom, 8 left bottom.
  const bool mirror_x = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  const bool mirror_y = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  const ptrdiff_t c = image.channels;
  for (int y = 0; y < image.height; y++) {
    const uint8_t* from = image.row(y);
    for (int x = 0; x < image.width; x++, from += c) {
      int to_x = transpose ? y : x, to_y = transpose ? x : y;
      if (mirror_x) to_x = out.width - 1 - to_x;
      if (mirror_y) to_y = out.height - 1 - to_y;
      uint8_t* to = out.row(to_y) + to_x * c;
      for (ptrdiff_t k = 0; k < c; k++) to[k] = from[k];
    }
  }
  return out;
}

}  // namespace ceir
