// Pictures as bytes.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ceir {

// Interleaved 8-bit pixels, rows top to bottom: (height, width, channels).
struct Image {
  int width = 0, height = 0, channels = 3;
  std::vector<uint8_t> pixels;
  // The file held a palette or single bits. OpenAI's and open_clip's transforms resize such pictures by nearest neighbour.
  bool indexed = false;
  // Its colours then: what those transforms fill a border with is a number of these (single bits: black, else white).
  std::vector<std::array<uint8_t, 3>> palette;
  uint8_t* row(int y) { return pixels.data() + static_cast<size_t>(y) * static_cast<size_t>(width) * static_cast<size_t>(channels); }
  const uint8_t* row(int y) const { return const_cast<Image*>(this)->row(y); }
};

std::vector<std::array<uint8_t, 3>> bit_palette();   // of single bits

struct DecodeOptions {
  bool apply_exif_orientation = true;
  // Keep a PNG's alpha as a fourth channel: libraries that resize before they convert weigh colours by it.
  bool keep_alpha = false;
};

// JPEG, PNG, BMP or PNM to RGB (alpha dropped, grey repeated, palettes looked up, 16 bits by the high byte).
// Every marker and chunk is checked before the decoder runs. Throws Error(bad_input): "truncated JPEG: ..." without a path.
Image decode_image(std::span<const std::byte> bytes, const DecodeOptions& options = {});
// Who decodes JPEGs, as `ceir --version` says it: "stb_image", or "libjpeg-turbo 2.1.5". They differ by a few levels.
const char* jpeg_decoder();
Image load_image(const std::string& path, const DecodeOptions& options = {});  // the message begins with the path

// Largest picture that is decoded, in pixels: the pixels of one take at most 1 GiB.
constexpr int64_t max_pixels = int64_t{1} << 28;

// Turns and mirrors the picture as EXIF orientation 1 to 8 says (other values: as it is).
Image oriented(Image image, int orientation);

// Lossless PNG, RGB or grey, 8 bits, through zlib; the same bytes for the same picture. Returns the file's content.
std::string encode_png(const Image& image);

}  // namespace ceir
