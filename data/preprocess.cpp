#include "data/preprocess.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace ceir {
namespace {

// Offset of a centred window of `size` in `length` pixels; negative: so many pixels of padding before the picture.
// Padding follows the libraries too: Hugging Face puts the odd pixel before the picture, torchvision behind it.
int crop_offset(int length, int size, bool round_half_even) {
  if (length < size) return -(round_half_even ? (size - length) / 2 : (size - length + 1) / 2);
  if (!round_half_even) return (length - size) / 2;
  const int down = (length - size) / 2;
  return (length - size) % 2 != 0 && down % 2 != 0 ? down + 1 : down;
}

Image drop_alpha(Image image) {
  if (image.channels != 4) return image;
  const size_t n = image.pixels.size() / 4;
  for (size_t i = 0; i < n; i++) std::memmove(image.pixels.data() + 3 * i, image.pixels.data() + 4 * i, 3);
  image.pixels.resize(3 * n);
  image.channels = 3;
  return image;
}

}  // namespace

Image centre_crop(const Image& image, int width, int height, bool round_half_even, uint8_t fill) {
  const int left = crop_offset(image.width, width, round_half_even), top = crop_offset(image.height, height, round_half_even);
  Image out;
  out.width = width, out.height = height, out.channels = image.channels, out.indexed = image.indexed, out.palette = image.palette;
  const size_t pixel = static_cast<size_t>(image.channels);
  out.pixels.assign(static_cast<size_t>(width) * static_cast<size_t>(height) * pixel, fill);
  if (round_half_even && image.indexed) {   // torchvision pads before it converts: `fill` is an index
    const std::array<uint8_t, 3> colour = fill < image.palette.size() ? image.palette[fill] : std::array<uint8_t, 3>{0, 0, 0};
    for (size_t i = 0; i < out.pixels.size(); i++) out.pixels[i] = colour[i % pixel % 3];
  }
  const int columns = std::min(width, image.width), rows = std::min(height, image.height);
  for (int y = 0; y < rows; y++)
    std::memcpy(out.row(y + std::max(0, -top)) + static_cast<size_t>(std::max(0, -left)) * pixel,
                image.row(y + std::max(0, top)) + static_cast<size_t>(std::max(0, left)) * pixel, static_cast<size_t>(columns) * pixel);
  return out;
}

namespace {

struct Size {
  int width, height;
};

// What the picture is resized to before the crop.
Size resized(const Image& image, const Preprocess& p) {
  const int64_t shorter = std::min(image.width, image.height), longer = std::max(image.width, image.height);
  const bool upright = image.width <= image.height;
  if (p.resize_longest) {
    // open_clip's ResizeKeepRatio: round(side / max(height / size, width / size)) in doubles, half to even.
    const double ratio = static_cast<double>(longer) / p.size;
    const int width = static_cast<int>(std::nearbyint(image.width / ratio)), height = static_cast<int>(std::nearbyint(image.height / ratio));
    if (width < 1 || height < 1) bad_input("a picture of {} x {} pixels is too thin to resize its longest side to {}", image.width, image.height, p.size);
    return {width, height};
  }
  if (!p.resize_shortest) return {p.shortest, p.shortest};
  // Python's int(size * long / short): one correctly rounded division, then cut.
  const double long_side = std::floor(static_cast<double>(int64_t{p.shortest} * longer) / static_cast<double>(shorter));
  if (long_side > 1e9) bad_input("a picture of {} x {} pixels is too thin to resize its shortest side to {}", image.width, image.height, p.shortest);
  return upright ? Size{p.shortest, static_cast<int>(long_side)} : Size{static_cast<int>(long_side), p.shortest};
}

}  // namespace

Image to_square(const Image& image, const Preprocess& p) {
  const bool half_even = p.style == PreprocessStyle::openclip;
  const Filter filter = half_even && image.indexed ? Filter::nearest : p.filter;
  if (!p.resize) return drop_alpha(centre_crop(image, p.size, p.size, half_even, p.fill));
  const auto [width, height] = resized(image, p);
  if (width < p.size || height < p.size)  // the crop pads: resize everything, then lay it on the fill
    return drop_alpha(centre_crop(resize(image, width, height, filter), p.size, p.size, half_even, p.fill));
  const Window window{crop_offset(width, p.size, half_even), crop_offset(height, p.size, half_even), p.size, p.size};
  return drop_alpha(resize_window(image, width, height, filter, window));
}

void normalise_into(const Image& square, const Preprocess& p, float* out) {
  if (square.channels != 3) fail(ErrorKind::internal, "normalise: {} channels, expected 3", square.channels);
  float table[3][256];  // a byte has 256 values: one table is cheaper than a division a pixel
  for (size_t c = 0; c < 3; c++)
    for (int v = 0; v < 256; v++) table[c][v] = static_cast<float>((v * p.rescale - double{p.mean[c]}) / double{p.std[c]});
  const size_t n = static_cast<size_t>(square.width) * static_cast<size_t>(square.height);
  const uint8_t* in = square.pixels.data();
  for (size_t i = 0; i < n; i++, in += 3)
    for (size_t c = 0; c < 3; c++) out[c * n + i] = table[c][in[c]];
}

}  // namespace ceir
