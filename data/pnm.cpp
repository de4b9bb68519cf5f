// Netpbm's P1 to P6 (pbm, pgm, ppm; the plain and the binary ones), one picture a file.
#include <cstdint>

#include "data/formats.h"

namespace ceir::formats {
namespace {

class Reader {
 public:
  explicit Reader(Bytes file) : file_(file), at_(2) {}

  // A decimal number behind white space and comments.
  uint32_t number(const char* what, uint32_t largest) {
    skip_space();
    if (at_ >= file_.size()) bad_input("truncated PNM: the file ends before its {}", what);
    if (file_[at_] < '0' || file_[at_] > '9') bad_input("corrupt PNM: its {} is no number", what);
    uint64_t v = 0;
    while (at_ < file_.size() && file_[at_] >= '0' && file_[at_] <= '9') {
      v = v * 10 + (file_[at_++] - '0');
      if (v > largest) bad_input("corrupt PNM: its {} is above {}", what, largest);
    }
    return static_cast<uint32_t>(v);
  }
  uint32_t bit() {  // plain bitmaps need no space between digits
    skip_space();
    if (at_ >= file_.size()) bad_input("truncated PNM: its data end before the last pixel");
    if (file_[at_] != '0' && file_[at_] != '1') bad_input("corrupt PNM: a pixel that is neither 0 nor 1");
    return static_cast<uint32_t>(file_[at_++] - '0');
  }
  Bytes binary(size_t bytes) {  // behind exactly one white-space byte
    if (at_ >= file_.size() || !space(file_[at_])) bad_input("corrupt PNM: no space behind its header");
    at_++;
    if (file_.size() - at_ < bytes) bad_input("truncated PNM: its data end before the last pixel");
    return file_.subspan(at_, bytes);
  }
  size_t left() const { return file_.size() - at_; }

 private:
  static bool space(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
  void skip_space() {
    while (at_ < file_.size() && (space(file_[at_]) || file_[at_] == '#')) {
      if (file_[at_] == '#')
        while (at_ < file_.size() && file_[at_] != '\n' && file_[at_] != '\r') at_++;
      else at_++;
    }
  }
  Bytes file_;
  size_t at_;
};

// A sample of 0 .. maximum as a byte: rounded where the maximum is below 256 (as Pillow does), else the high byte of
// the value spread over 16 bits.
uint8_t scaled(uint32_t v, uint32_t maximum) {
  if (v > maximum) bad_input("corrupt PNM: a sample above the maximum in its header");
  if (maximum == 255) return static_cast<uint8_t>(v);
  if (maximum < 256) return static_cast<uint8_t>((2 * v * 255 + maximum) / (2 * maximum));
  return static_cast<uint8_t>((2 * uint64_t{v} * 65535 + maximum) / (2 * uint64_t{maximum}) >> 8);
}

}  // namespace

Decoded decode_pnm(Bytes file) {
  Reader in(file);
  const int kind = file[1] - '0';
  const bool bitmap = kind == 1 || kind == 4, colour = kind == 3 || kind == 6;
  const uint32_t width = in.number("width", INT32_MAX), height = in.number("height", INT32_MAX);
  check_size("PNM", width, height);
  const uint32_t maximum = bitmap ? 1 : in.number("largest value", 65535);
  if (maximum == 0) bad_input("corrupt PNM: its largest value is 0");
  const size_t pixels = size_t{width} * height, samples = pixels * (colour ? 3 : 1), sample = maximum > 255 ? 2 : 1;
  const size_t row_bytes = kind == 4 ? (width + 7) / 8 : size_t{width} * (colour ? 3 : 1) * sample;
  Bytes data;
  if (kind >= 4) data = in.binary(row_bytes * height);
  else if (in.left() < samples) bad_input("truncated PNM: its data end before the last pixel");

  Decoded d;
  d.image.width = static_cast<int>(width), d.image.height = static_cast<int>(height);
  d.image.indexed = bitmap;
  if (bitmap) d.image.palette = bit_palette();
  d.image.pixels.resize(3 * pixels);
  uint8_t* out = d.image.pixels.data();
  for (size_t i = 0; i < pixels; i++, out += 3) {
    if (bitmap) {  // 1 is black
      const size_t x = i % width, y = i / width;
      const uint32_t black = kind == 1 ? in.bit() : data[y * row_bytes + x / 8] >> (7 - x % 8) & 1u;
      out[0] = out[1] = out[2] = black ? 0 : 255;
      continue;
    }
    for (size_t c = 0; c < (colour ? 3u : 1u); c++) {
      const size_t at = (i * (colour ? 3 : 1) + c) * sample;
      const uint32_t v = kind < 4 ? in.number("sample", 65535) : sample == 2 ? be16(data.data() + at) : data[at];
      out[c] = scaled(v, maximum);
    }
    if (!colour) out[1] = out[2] = out[0];
  }
  return d;
}

}  // namespace ceir::formats
