#include "data/scenes/raster.h"

#include <algorithm>

#include "kernels/base/portable_math.h"

namespace ceir::scenes {
namespace {

int clamp_byte(int v) { return v < 0 ? 0 : v > 255 ? 255 : v; }
uint32_t pack(Rgb c) { return c.r | static_cast<uint32_t>(c.g) << 8 | static_cast<uint32_t>(c.b) << 16; }
Rgb unpack(uint32_t v) { return {static_cast<uint8_t>(v), static_cast<uint8_t>(v >> 8), static_cast<uint8_t>(v >> 16)}; }

// First sample whose centre lies at or right of x (sixteenths).
int first_sample(int x) { return (x + unit / 2 - 1) >> 4; }

bool in_pattern(const Paint& p, int x, int y) {
  const int u = x - p.origin.x + 1024 * p.cell, v = y - p.origin.y + 1024 * p.cell;
  switch (p.pattern) {
    case Pattern::stripes: return (u / p.cell) & 1;
    case Pattern::checks: return ((u / p.cell) ^ (v / p.cell)) & 1;
    case Pattern::dots: {
      const int a = u % (2 * p.cell) - p.cell, b = v % (2 * p.cell) - p.cell;
      return 3 * (a * a + b * b) < p.cell * p.cell;
    }
    case Pattern::plain: break;
  }
  return false;
}

}  // namespace

Rgb mix(Rgb a, Rgb b, int s) {
  const int t = 256 - s;
  return {static_cast<uint8_t>((a.r * t + b.r * s) >> 8), static_cast<uint8_t>((a.g * t + b.g * s) >> 8),
          static_cast<uint8_t>((a.b * t + b.b * s) >> 8)};
}

Rgb brighter(Rgb c, int factor) {
  return {static_cast<uint8_t>(clamp_byte(c.r * factor >> 8)), static_cast<uint8_t>(clamp_byte(c.g * factor >> 8)),
          static_cast<uint8_t>(clamp_byte(c.b * factor >> 8))};
}

uint32_t scramble(uint32_t a, uint32_t b) {
  uint32_t h = a * 0x9E3779B1u ^ (b + 0x7F4A7C15u) * 0x85EBCA77u;
  h ^= h >> 15;
  h *= 0xC2B2AE3Du;
  h ^= h >> 13;
  return h;
}

Canvas::Canvas() : colours_(samples * samples), ids_(samples * samples) {}

void Canvas::span(int y, int x0, int x1, const Paint& p) {
  if (y < 0 || y >= samples) return;
  x0 = std::max(x0, 0);
  x1 = std::min(x1, samples);
  if (x0 >= x1) return;
  int light = 256;
  if (p.bottom > p.top) light = 284 - 56 * std::clamp(y - p.top, 0, p.bottom - p.top) / (p.bottom - p.top);
  const uint32_t plain = pack(brighter(p.colour, light));
  const size_t row = static_cast<size_t>(y * samples);
  const int thing = p.id >> 1;
  int gained = 0;
  for (int x = x0; x < x1; x++) gained += ids_[row + static_cast<size_t>(x)] >> 1 != thing;
  owned_[static_cast<size_t>(thing)] += gained;
  std::fill(&ids_[row + static_cast<size_t>(x0)], &ids_[row + static_cast<size_t>(x1 - 1)] + 1, p.id);
  if (p.pattern == Pattern::plain) {
    std::fill(&colours_[row + static_cast<size_t>(x0)], &colours_[row + static_cast<size_t>(x1 - 1)] + 1, plain);
    return;
  }
  const uint32_t second = pack(brighter(p.second, light));
  for (int x = x0; x < x1; x++) colours_[row + static_cast<size_t>(x)] = in_pattern(p, x, y) ? second : plain;
}

void Canvas::rectangle(Point a, Point b, const Paint& paint) {
  const int x0 = first_sample(std::min(a.x, b.x)), x1 = first_sample(std::max(a.x, b.x));
  const int y0 = std::max(0, first_sample(std::min(a.y, b.y))), y1 = std::min(samples, first_sample(std::max(a.y, b.y)));
  for (int y = y0; y < y1; y++) span(y, x0, x1, paint);
}

void Canvas::ellipse(Point c, int rx, int ry, const Paint& paint) {
  if (rx <= 0 || ry <= 0) return;
  const int y0 = std::max(0, first_sample(c.y - ry)), y1 = std::min(samples, first_sample(c.y + ry));
  for (int y = y0; y < y1; y++) {
    const double v = static_cast<double>(y * unit + unit / 2 - c.y) / ry;
    const int half = static_cast<int>(rx * portable::sqrt(1 - v * v > 0 ? 1 - v * v : 0));
    span(y, first_sample(c.x - half), first_sample(c.x + half), paint);
  }
}

void Canvas::ring(Point c, int rx, int ry, int width, bool upper_half, const Paint& paint) {
  if (rx <= 0 || ry <= 0) return;
  const int ix = rx - width, iy = ry - width;
  const int y0 = std::max(0, first_sample(c.y - ry)), y1 = std::min(samples, first_sample(upper_half ? c.y : c.y + ry));
  for (int y = y0; y < y1; y++) {
    const double v = y * unit + unit / 2 - c.y, outside = v / ry, inside = iy > 0 ? v / iy : 2;
    const int half = static_cast<int>(rx * portable::sqrt(1 - outside * outside > 0 ? 1 - outside * outside : 0));
    const int hole = ix > 0 && inside > -1 && inside < 1 ? static_cast<int>(ix * portable::sqrt(1 - inside * inside)) : 0;
    span(y, first_sample(c.x - half), first_sample(c.x - hole), paint);
    span(y, first_sample(c.x + hole), first_sample(c.x + half), paint);
  }
}

void Canvas::polygon(std::span<const Point> corners, const Paint& paint) {
  const size_t n = std::min<size_t>(corners.size(), 24);
  int low = INT32_MAX, high = INT32_MIN;
  for (size_t i = 0; i < n; i++) low = std::min(low, corners[i].y), high = std::max(high, corners[i].y);
  const int y0 = std::max(0, first_sample(low)), y1 = std::min(samples, first_sample(high));
  for (int y = y0; y < y1; y++) {
    const int yc = y * unit + unit / 2;
    std::array<int, 24> crossings;
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
      const Point a = corners[i], b = corners[(i + 1) % n];
      if ((a.y <= yc) == (b.y <= yc)) continue;
      crossings[count++] = a.x + static_cast<int>(static_cast<int64_t>(b.x - a.x) * (yc - a.y) / (b.y - a.y));
    }
    std::sort(crossings.begin(), crossings.begin() + static_cast<std::ptrdiff_t>(count));
    for (size_t i = 0; i + 1 < count; i += 2) span(y, first_sample(crossings[i]), first_sample(crossings[i + 1]), paint);
  }
}

void Canvas::line(Point a, Point b, int thickness, const Paint& paint) {
  const double dx = b.x - a.x, dy = b.y - a.y, length = portable::sqrt(dx * dx + dy * dy);
  if (length <= 0) return;
  const int nx = static_cast<int>(-dy / length * thickness / 2), ny = static_cast<int>(dx / length * thickness / 2);
  const std::array<Point, 4> quad{{{a.x + nx, a.y + ny}, {b.x + nx, b.y + ny}, {b.x - nx, b.y - ny}, {a.x - nx, a.y - ny}}};
  polygon(quad, paint);
}

void Canvas::blend(int x, int y, Rgb colour, int share) {
  if (x < 0 || y < 0 || x >= samples || y >= samples) return;
  uint32_t& c = colours_[static_cast<size_t>(y * samples + x)];
  c = pack(mix(unpack(c), colour, share));
}

void Canvas::blend_ellipse(Point c, int rx, int ry, Rgb colour, int share) {
  if (rx <= 0 || ry <= 0) return;
  const int y0 = std::max(0, first_sample(c.y - ry)), y1 = std::min(samples, first_sample(c.y + ry));
  const int x0 = std::max(0, first_sample(c.x - rx)), x1 = std::min(samples, first_sample(c.x + rx));
  for (int y = y0; y < y1; y++) {
    for (int x = x0; x < x1; x++) {
      const int64_t u = int64_t{256} * (x * unit + unit / 2 - c.x) / rx, v = int64_t{256} * (y * unit + unit / 2 - c.y) / ry;
      const int64_t left = 65536 - u * u - v * v;  // 65536 at the centre, 0 at the edge
      if (left > 0) blend(x, y, colour, static_cast<int>(share * left >> 16));
    }
  }
}

std::array<int, 256> Canvas::visible() const {
  std::array<int, 256> count{};
  for (const uint8_t id : ids_) count[id]++;
  return count;
}

Image Canvas::picture(uint64_t key, int noise) const {
  Image image{picture_size, picture_size, 3, std::vector<uint8_t>(picture_size * picture_size * 3)};
  const uint32_t k0 = static_cast<uint32_t>(key), k1 = static_cast<uint32_t>(key >> 32);
  for (int y = 0; y < picture_size; y++) {
    uint8_t* out = image.row(y);
    for (int x = 0; x < picture_size; x++) {
      const uint32_t* c = &colours_[static_cast<size_t>(oversampling * (y * samples + x))];
      uint32_t rb = 0, g = 0;
      for (const uint32_t v : {c[0], c[1], c[samples], c[samples + 1]}) rb += v & 0xFF00FF, g += v >> 8 & 0xFF;
      const uint32_t h = scramble(k0 + static_cast<uint32_t>(y * picture_size + x), k1);
      const int grain = noise ? static_cast<int>(h % static_cast<uint32_t>(2 * noise + 1)) - noise : 0;
      *out++ = static_cast<uint8_t>(clamp_byte(static_cast<int>(((rb & 0xFFFF) + 2) >> 2) + grain));
      *out++ = static_cast<uint8_t>(clamp_byte(static_cast<int>((g + 2) >> 2) + grain));
      *out++ = static_cast<uint8_t>(clamp_byte(static_cast<int>(((rb >> 16) + 2) >> 2) + grain));
    }
  }
  return image;
}

}  // namespace ceir::scenes
