// Flat shapes on a small canvas that remembers, for every sample, which thing lies on top (the id-buffer).
// Integers, + - * / and sqrt in double only: the same bytes on every machine.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "data/image.h"
#include "data/scenes/scenes.h"

namespace ceir::scenes {

constexpr int oversampling = 2;                         // samples per pixel and axis: soft edges
constexpr int samples = picture_size * oversampling;    // canvas width and height
constexpr int unit = 16;                                // positions are in sixteenths of a sample

struct Rgb {
  uint8_t r, g, b;
};
Rgb mix(Rgb a, Rgb b, int share_of_b);                  // share in 0 .. 256
Rgb brighter(Rgb c, int factor);                        // factor / 256, clamped

struct Point {
  int x, y;                                             // sixteenths of a sample
};

enum class Pattern : uint8_t { plain, stripes, dots, checks };

// What a shape is filled with.
struct Paint {
  Rgb colour{};
  Rgb second{};                  // what stripes, dots and checks alternate with
  Pattern pattern = Pattern::plain;
  int cell = 6;                  // of the pattern, in samples
  Point origin{0, 0};            // of the pattern
  int top = 0, bottom = 0;       // rows (samples) between which the light falls off; equal: flat
  uint8_t id = 0;                // 2 x thing + (1 where it is the thing's own colour)
};

class Canvas {
 public:
  Canvas();
  void rectangle(Point a, Point b, const Paint& paint);
  void ellipse(Point centre, int rx, int ry, const Paint& paint);
  // The band of an ellipse's edge, `width` thick; only its upper half when asked.
  void ring(Point centre, int rx, int ry, int width, bool upper_half, const Paint& paint);
  void polygon(std::span<const Point> corners, const Paint& paint);  // even-odd, at most 24 corners
  void line(Point a, Point b, int thickness, const Paint& paint);
  void span(int y, int x0, int x1, const Paint& paint);              // samples [x0, x1) of row y

  // Light and weather, mixed over what is there; ids stay. share in 0 .. 256.
  void blend(int x, int y, Rgb colour, int share);
  void blend_ellipse(Point centre, int rx, int ry, Rgb colour, int share);  // fades towards its edge

  int owned(int thing) const { return owned_[static_cast<size_t>(thing)]; }  // samples it was given while it was drawn
  std::array<int, 256> visible() const;                                      // samples left for every id
  uint8_t id_at(int x, int y) const { return ids_[static_cast<size_t>(y * samples + x)]; }
  Image picture(uint64_t noise_key, int noise) const;                        // averages the samples of a pixel, adds grain

 private:
  std::vector<uint32_t> colours_;  // r | g << 8 | b << 16
  std::vector<uint8_t> ids_;
  std::array<int, 128> owned_{};
};

// A number that looks random, from two others: textures and grain.
uint32_t scramble(uint32_t a, uint32_t b);

}  // namespace ceir::scenes
