// Windows bitmaps without compression: 1, 4, 8, 16, 24 and 32 bits a pixel, palettes and bit fields.
#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "data/formats.h"

namespace ceir::formats {
namespace {

[[noreturn]] void corrupt(const char* what) { bad_input("corrupt BMP: {}", what); }

// One colour's bits in a pixel, widened or cut to a byte by repeating its bits from the top.
struct Field {
  uint32_t mask = 0;
  int shift = 0, bits = 0;

  explicit Field(uint32_t m) : mask(m) {
    if (m == 0) return;
    shift = std::countr_zero(m), bits = std::popcount(m);
    if (m >> shift != (bits == 32 ? ~0u : (1u << bits) - 1)) corrupt("a colour mask with gaps");
  }
  uint8_t of(uint32_t pixel) const {
    if (bits == 0) return 0;
    const uint32_t v = (pixel & mask) >> shift;
    if (bits >= 8) return static_cast<uint8_t>(v >> (bits - 8));
    return static_cast<uint8_t>(v * 255 / ((1u << bits) - 1));
  }
};

}  // namespace

Decoded decode_bmp(Bytes f) {
  if (f.size() < 26) bad_input("truncated BMP: the file ends inside its header");
  const uint32_t start = le32(f.data() + 10), header = le32(f.data() + 14);
  const bool old = header == 12;  // OS/2 1.x
  if (!old && header != 40 && header != 52 && header != 56 && header != 64 && header != 108 && header != 124)
    bad_input("corrupt BMP: a header of {} bytes does not exist", header);
  if (f.size() < 14 + size_t{header}) bad_input("truncated BMP: the file ends inside its header");
  const uint8_t* h = f.data() + 14;
  int64_t width, height;
  if (old) width = le16(h + 4), height = le16(h + 6);
  else width = static_cast<int32_t>(le32(h + 4)), height = static_cast<int32_t>(le32(h + 8));
  const bool top_down = height < 0;
  if (top_down) height = -height;
  check_size("BMP", width, height);
  const uint32_t planes = le16(h + (old ? 8 : 12)), bits = le16(h + (old ? 10 : 14)), compression = old ? 0 : le32(h + 16);
  if (planes != 1) corrupt("it does not have one plane");
  if (bits != 1 && bits != 4 && bits != 8 && bits != 16 && bits != 24 && bits != 32) bad_input("corrupt BMP: {} bits a pixel do not exist", bits);
  if (compression != 0 && compression != 3 && compression != 6)
    bad_input("this BMP is compressed ({}), which is not read; save it without compression or as PNG",
              compression == 1 || compression == 2 ? "run lengths" : compression == 4 ? "JPEG" : compression == 5 ? "PNG" : "unknown");
  if (compression != 0 && bits != 16 && bits != 32) corrupt("colour masks in a picture that has none");

  size_t at = 14 + size_t{header};  // of what follows the header: masks, then the palette
  std::array<uint32_t, 3> masks = bits == 16 ? std::array<uint32_t, 3>{0x7C00, 0x3E0, 0x1F} : std::array<uint32_t, 3>{0xFF0000, 0xFF00, 0xFF};
  if (compression != 0) {
    const size_t from = header == 40 ? at : 14 + size_t{40};  // later headers hold the masks themselves
    if (header == 64) corrupt("colour masks in an OS/2 bitmap");
    if (f.size() < from + 12) bad_input("truncated BMP: the file ends inside its colour masks");
    for (size_t i = 0; i < 3; i++) masks[i] = le32(f.data() + from + 4 * i);
    if (header == 40) at += compression == 6 ? 16 : 12;
    if (!masks[0] || !masks[1] || !masks[2]) corrupt("an empty colour mask");
  }
  std::vector<std::array<uint8_t, 3>> palette;
  if (bits <= 8) {
    const uint32_t most = 1u << bits, used = old ? 0 : le32(h + 32);
    if (used > 256) corrupt("a palette of more than 256 colours");
    const size_t entry = old ? 3 : 4;
    size_t count = used ? std::min(used, most) : most;
    // Writers of small palettes that leave their number out are known by where the picture begins.
    if (start >= at) count = std::min(count, (start - at) / entry);
    if (count == 0) corrupt("a palette picture without a palette");
    if (f.size() < at + count * entry) bad_input("truncated BMP: the file ends inside its palette");
    for (size_t i = 0; i < count; i++, at += entry) palette.push_back({f[at + 2], f[at + 1], f[at]});
  }
  if (start < at) corrupt("its picture begins inside its header");
  const size_t stride = (static_cast<size_t>(width) * bits + 31) / 32 * 4;
  if (start > f.size() || (f.size() - start) / stride < static_cast<size_t>(height)) {
    // The last row's padding may be missing.
    const size_t needed = stride * static_cast<size_t>(height - 1) + (static_cast<size_t>(width) * bits + 7) / 8;
    if (start > f.size() || f.size() - start < needed) bad_input("truncated BMP: its data end before the last row");
  }

  Decoded d;
  d.image.width = static_cast<int>(width), d.image.height = static_cast<int>(height);
  d.image.pixels.resize(3 * static_cast<size_t>(width) * static_cast<size_t>(height));
  d.image.indexed = std::any_of(palette.begin(), palette.end(), [](const auto& c) { return c[0] != c[1] || c[1] != c[2]; }) || bits == 1;
  // Black and white in this order are single bits to Pillow, not a palette.
  const bool black_white = bits == 1 && palette.size() == 2 && palette[0] == std::array<uint8_t, 3>{0, 0, 0} && palette[1] == std::array<uint8_t, 3>{255, 255, 255};
  if (d.image.indexed) d.image.palette = black_white ? bit_palette() : palette;
  const Field red(masks[0]), green(masks[1]), blue(masks[2]);
  for (int y = 0; y < d.image.height; y++) {
    const uint8_t* row = f.data() + start + stride * static_cast<size_t>(top_down ? y : d.image.height - 1 - y);
    uint8_t* to = d.image.row(y);
    for (size_t x = 0; x < static_cast<size_t>(width); x++, to += 3) {
      if (bits <= 8) {
        const size_t v = row[x * bits / 8] >> (8 - bits - x * bits % 8) & ((1u << bits) - 1);
        if (v >= palette.size()) corrupt("a pixel outside of its palette");
        std::copy(palette[v].begin(), palette[v].end(), to);
      } else if (bits == 24) {
        to[0] = row[3 * x + 2], to[1] = row[3 * x + 1], to[2] = row[3 * x];
      } else {
        const uint32_t pixel = bits == 16 ? le16(row + 2 * x) : le32(row + 4 * x);
        to[0] = red.of(pixel), to[1] = green.of(pixel), to[2] = blue.of(pixel);
      }
    }
  }
  return d;
}

}  // namespace ceir::formats
