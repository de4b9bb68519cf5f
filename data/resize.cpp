// Pillow's Resample.c up to version 12: windowed filters scaled by the reduction, weights in double rounded to 22 bits,
// the horizontal pass first, rounded to bytes in between; a pass that does not change its size is left out.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "data/preprocess.h"
#include "data/resize_passes.h"

namespace ceir {
namespace {

double bilinear(double x) {
  x = std::fabs(x);
  return x < 1 ? 1 - x : 0;
}

double bicubic(double x) {  // Keys 1981 with a = -0.5
  constexpr double a = -0.5;
  x = std::fabs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

double sinc(double x) {
  if (x == 0) return 1;
  x *= M_PI;
  return std::sin(x) / x;
}

double lanczos(double x) { return -3 <= x && x < 3 ? sinc(x) * sinc(x / 3) : 0; }

double box(double x) { return -0.5 < x && x <= 0.5 ? 1 : 0; }

double hamming(double x) {  // Pillow's factors are single precision
  x = std::fabs(x);
  if (x == 0) return 1;
  if (x >= 1) return 0;
  x *= M_PI;
  return std::sin(x) / x * (double{0.54f} + double{0.46f} * std::cos(x));
}

struct Kernel {
  double (*value)(double);
  double reach;  // half of its width
};

Kernel kernel_of(Filter filter) {
  switch (filter) {
    case Filter::box: return {box, 0.5};
    case Filter::bilinear: return {bilinear, 1};
    case Filter::hamming: return {hamming, 1};
    case Filter::bicubic: return {bicubic, 2};
    default: return {lanczos, 3};
  }
}

// Weights of the outputs [first, first + count) of an axis that goes from `in` to `out` pixels.
Taps make_taps(int in, int out, int first, int count, Filter filter) {
  const auto [f, reach] = kernel_of(filter);
  const double scale = static_cast<double>(in) / out;
  const double stretch = std::max(scale, 1.0);
  const double support = reach * stretch, inverse = 1.0 / stretch;
  Taps taps;
  taps.width = (static_cast<int>(std::ceil(support)) * 2 + 1 + 7) / 8 * 8;
  taps.begin.resize(static_cast<size_t>(count));
  taps.length.resize(static_cast<size_t>(count));
  taps.weights.assign(static_cast<size_t>(count) * static_cast<size_t>(taps.width), 0);
  std::vector<double> w(static_cast<size_t>(taps.width));
  for (int i = 0; i < count; i++) {
    const double centre = (first + i + 0.5) * scale;
    const int low = std::max(0, static_cast<int>(centre - support + 0.5));
    const int n = std::min(in, static_cast<int>(centre + support + 0.5)) - low;
    double sum = 0;
    for (int t = 0; t < n; t++) sum += w[static_cast<size_t>(t)] = f((t + low - centre + 0.5) * inverse);
    int32_t* fixed = taps.weights.data() + static_cast<size_t>(i) * static_cast<size_t>(taps.width);
    for (int t = 0; t < n; t++) {
      double v = w[static_cast<size_t>(t)];
      if (sum != 0) v /= sum;
      fixed[t] = static_cast<int32_t>((v < 0 ? -0.5 : 0.5) + v * (1 << weight_bits));
    }
    taps.begin[static_cast<size_t>(i)] = low;
    taps.length[static_cast<size_t>(i)] = n;
  }
  return taps;
}

Image blank(int width, int height, const Image& like) {
  Image out;
  out.width = width, out.height = height, out.channels = like.channels, out.indexed = like.indexed, out.palette = like.palette;
  out.pixels.resize(static_cast<size_t>(width) * static_cast<size_t>(height) * static_cast<size_t>(like.channels));
  return out;
}

Image cut(const Image& image, const Window& w) {
  Image out = blank(w.width, w.height, image);
  const size_t pixel = static_cast<size_t>(image.channels);
  for (int y = 0; y < w.height; y++)
    std::memcpy(out.row(y), image.row(w.y + y) + static_cast<size_t>(w.x) * pixel, static_cast<size_t>(w.width) * pixel);
  return out;
}

// Pillow's ImagingScaleAffine: the source position is advanced by addition, so its rounding errors are kept too.
std::vector<int> nearest_positions(int in, int out) {
  std::vector<int> at(static_cast<size_t>(out));
  const double step = static_cast<double>(in) / out;
  double x = step * 0.5;
  for (int& i : at) i = std::clamp(static_cast<int>(x), 0, in - 1), x += step;
  return at;
}

Image nearest(const Image& image, int width, int height, const Window& w) {
  const std::vector<int> xs = nearest_positions(image.width, width), ys = nearest_positions(image.height, height);
  Image out = blank(w.width, w.height, image);
  const int c = image.channels;
  for (int y = 0; y < w.height; y++) {
    const uint8_t* from = image.row(ys[static_cast<size_t>(w.y + y)]);
    uint8_t* to = out.row(y);
    for (int x = 0; x < w.width; x++, to += c) std::memcpy(to, from + ptrdiff_t{xs[static_cast<size_t>(w.x + x)]} * c, static_cast<size_t>(c));
  }
  return out;
}

// Pillow's RGBA -> RGBa and back (Convert.c).
void premultiply(Image& image) {
  for (size_t i = 0; i < image.pixels.size(); i += 4) {
    uint8_t* p = image.pixels.data() + i;
    if (p[3] == 255) continue;
    for (int c = 0; c < 3; c++) {
      const unsigned t = unsigned{p[c]} * p[3] + 128;
      p[c] = static_cast<uint8_t>(((t >> 8) + t) >> 8);
    }
  }
}

void unpremultiply(Image& image) {
  for (size_t i = 0; i < image.pixels.size(); i += 4) {
    uint8_t* p = image.pixels.data() + i;
    if (p[3] == 255 || p[3] == 0) continue;
    for (int c = 0; c < 3; c++) p[c] = static_cast<uint8_t>(std::min(255, 255 * p[c] / p[3]));
  }
}

}  // namespace

Image resize_window(const Image& image, int width, int height, Filter filter, const Window& window) {
  if (width < 1 || height < 1 || image.width < 1 || image.height < 1 || (image.channels != 1 && image.channels != 3 && image.channels != 4))
    fail(ErrorKind::internal, "resize: {} x {} with {} channels to {} x {}", image.width, image.height, image.channels, width, height);
  if (window.x < 0 || window.y < 0 || window.width < 1 || window.height < 1 || window.x > width - window.width || window.y > height - window.height)
    fail(ErrorKind::internal, "resize: the window lies outside the result");
  const bool same_width = width == image.width, same_height = height == image.height;
  if (same_width && same_height) return cut(image, window);
  if (filter == Filter::nearest) return nearest(image, width, height, window);
  if (image.channels == 4) {
    Image weighted = image;
    premultiply(weighted);
    weighted.channels = 4;
    Image out = blank(window.width, window.height, image);
    resize_passes(weighted, out, same_width ? Taps{} : make_taps(image.width, width, window.x, window.width, filter),
                  same_height ? Taps{} : make_taps(image.height, height, window.y, window.height, filter), window);
    unpremultiply(out);
    return out;
  }
  Image out = blank(window.width, window.height, image);
  resize_passes(image, out, same_width ? Taps{} : make_taps(image.width, width, window.x, window.width, filter),
                same_height ? Taps{} : make_taps(image.height, height, window.y, window.height, filter), window);
  return out;
}

Image resize(const Image& image, int width, int height, Filter filter) {
  return resize_window(image, width, height, filter, {0, 0, width, height});
}

}  // namespace ceir
