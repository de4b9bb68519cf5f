// Sky, ground, backdrops, rooms and weather.
#include <algorithm>
#include <array>

#include "data/scenes/composition.h"
#include "data/scenes/vocabulary.h"

namespace ceir::scenes {
namespace {

uint32_t roll(const Composition& c, uint32_t n) { return scramble(static_cast<uint32_t>(c.texture) + n, static_cast<uint32_t>(c.texture >> 32)); }
int roll(const Composition& c, uint32_t n, int low, int high) { return low + static_cast<int>(roll(c, n) % static_cast<uint32_t>(high - low + 1)); }

// The sky between rows, in columns [x0, x1): gradient, stars, clouds, lightning.
void paint_sky(const Composition& c, int x0, int x1, int y0, int y1, uint8_t id, Canvas& canvas) {
  Paint paint;
  paint.id = id;
  const int height = std::max(1, y1 - y0);
  for (int y = y0; y < y1; y++) {
    paint.colour = mix(c.sky_top, c.sky_bottom, 256 * (y - y0) / height);
    canvas.span(y, x0, x1, paint);
  }
  if (c.stars)
    for (uint32_t i = 0; i < 46; i++) {
      const int x = roll(c, 100 + 3 * i, x0, x1 - 2), y = roll(c, 101 + 3 * i, y0, y0 + height * 8 / 10);
      canvas.blend(x, y, {255, 252, 230}, 256);
      if (roll(c, 102 + 3 * i) % 3 == 0) canvas.blend(x + 1, y, {255, 252, 230}, 220), canvas.blend(x, y + 1, {255, 252, 230}, 220), canvas.blend(x + 1, y + 1, {255, 252, 230}, 220);
    }
  if (c.weather == Weather::clouds || c.weather == Weather::thunderstorm) {
    const bool storm = c.weather == Weather::thunderstorm;
    const int width = x1 - x0;
    for (uint32_t i = 0; i < (storm ? 7u : 5u); i++) {
      const int cx = roll(c, 300 + 5 * i, x0, x1), cy = y0 + height * roll(c, 301 + 5 * i, 8, storm ? 45 : 68) / 100;
      const Rgb tone = storm ? mix(c.sky_top, {20, 20, 30}, 130) : mix(c.sky_bottom, {255, 255, 255}, c.time == Time::night ? 40 : 170);
      const int size = std::max(5, width * roll(c, 302 + 5 * i, 9, 15) / 100);
      for (int part = -1; part <= 1; part++) {
        paint.colour = part == 0 ? mix(tone, {255, 255, 255}, storm ? 8 : 30) : tone;
        const int dx = part * size, ry = part == 0 ? size * 6 / 10 : size * 4 / 10;
        for (int y = std::max(y0, cy - ry); y < std::min(y1, cy + ry * 7 / 10); y++) {  // flat undersides
          const int64_t v = 256 * (y - cy) / std::max(1, ry), half = size * (65536 - v * v) / 65536;
          canvas.span(y, std::max(x0, static_cast<int>(cx + dx - half)), std::min(x1, static_cast<int>(cx + dx + half)), paint);
        }
      }
    }
    if (storm) {
      paint.colour = {255, 250, 200};
      const int x = roll(c, 340, x0 + width / 5, x1 - width / 5), s = std::max(4, height / 5);
      const std::array<Point, 7> bolt{{{(x + s / 4) * unit, (y0 + height / 5) * unit}, {(x - s / 2) * unit, (y0 + height * 3 / 5) * unit}, {(x + s / 12) * unit, (y0 + height * 11 / 20) * unit},
                                      {(x - s / 3) * unit, (y1 - 1) * unit}, {(x + s * 3 / 4) * unit, (y0 + height * 9 / 20) * unit}, {(x + s / 6) * unit, (y0 + height / 2) * unit},
                                      {(x + s) * unit, (y0 + height / 5) * unit}}};
      canvas.polygon(bolt, paint);
    }
  }
}

// Rain, snow or fog over a part of the picture.
void paint_weather_within(const Composition& c, int x0, int x1, int y0, int y1, Canvas& canvas) {
  const int area = (x1 - x0) * (y1 - y0);
  const auto inside = [&](int x, int y) { return x >= x0 && x < x1 && y >= y0 && y < y1; };
  if (c.weather == Weather::rain || c.weather == Weather::thunderstorm) {
    for (int i = 0; i < area / 110; i++) {
      const int x = roll(c, 1000 + 2 * static_cast<uint32_t>(i), x0, x1), y = roll(c, 1001 + 2 * static_cast<uint32_t>(i), y0 - 6, y1);
      for (int k = 0; k < 8; k++)
        if (inside(x - k / 3, y + k)) canvas.blend(x - k / 3, y + k, {206, 222, 240}, 120);
    }
  } else if (c.weather == Weather::snowfall) {
    for (int i = 0; i < area / 130; i++) {
      const int x = roll(c, 1000 + 2 * static_cast<uint32_t>(i), x0, x1), y = roll(c, 1001 + 2 * static_cast<uint32_t>(i), y0, y1);
      const int big = roll(c, 5000 + static_cast<uint32_t>(i)) % 3 ? 2 : 3;
      for (int dy = 0; dy < big; dy++)
        for (int dx = 0; dx < big; dx++)
          if (inside(x + dx, y + dy)) canvas.blend(x + dx, y + dy, {252, 253, 255}, 220);
    }
  } else if (c.weather == Weather::fog) {
    for (int y = y0; y < y1; y++)
      for (int x = x0; x < x1; x++) {
        const int wave = static_cast<int>(scramble(static_cast<uint32_t>(y / 9), static_cast<uint32_t>(c.texture)) % 34);
        canvas.blend(x, y, c.haze, 70 + wave);
      }
  }
}

void paint_backdrop(const Composition& c, std::string_view name, const Element& e, uint8_t id, Canvas& canvas) {
  Paint paint;
  paint.id = id;
  const int base = (c.horizon + 2) * unit, top = e.y, height = base - top;
  const auto key = static_cast<uint32_t>(e.mirrored ? 700 : 600);
  if (name == "mountains") {
    for (uint32_t i = 0; i < 4; i++) {
      const int peak = (static_cast<int>(i) * 40 + roll(c, key + i, -8, 12)) * unit, rise = height * roll(c, key + 10 + i, 80, 135) / 100;
      const int y = base - rise, half = rise * 11 / 10;
      paint.colour = lit(c, {112, 120, 146}, e.distance);
      canvas.polygon(std::array<Point, 3>{{{peak - half, base}, {peak, y}, {peak + half, base}}}, paint);
      paint.colour = lit(c, {88, 96, 124}, e.distance);
      canvas.polygon(std::array<Point, 4>{{{peak, y}, {peak + half, base}, {peak + half / 4, base}, {peak - half / 8, y + rise / 2}}}, paint);
      paint.colour = lit(c, {244, 246, 252}, e.distance / 2);
      canvas.polygon(std::array<Point, 6>{{{peak, y}, {peak - half * 3 / 10, y + rise * 3 / 10}, {peak - half / 10, y + rise / 4}, {peak, y + rise * 4 / 10}, {peak + half / 8, y + rise / 4}, {peak + half * 3 / 10, y + rise * 3 / 10}}}, paint);
    }
  } else if (name == "hills" || name == "sand dunes") {
    const bool sand = name == "sand dunes";
    for (uint32_t i = 0; i < 4; i++) {
      const int x = (static_cast<int>(i) * 44 + roll(c, key + i, -14, 14)) * unit, rise = height * roll(c, key + 10 + i, 45, 85) / 100;
      paint.colour = lit(c, brighter(sand ? Rgb{226, 190, 122} : Rgb{104, 152, 92}, 236 + 14 * static_cast<int>(i % 3)), e.distance);
      const int rx = roll(c, key + 20 + i, 34, 48) * unit;
      for (int y = (base - rise) / unit; y <= base / unit; y++) {
        const int64_t v = 256 * (base - y * unit) / std::max(1, rise), half = sand ? rx * (256 - v) / 256 : rx * (65536 - v * v) / 65536;
        if (half > 0) canvas.span(y, static_cast<int>(x - half) / unit, static_cast<int>(x + half * (sand ? 2 : 1)) / unit, paint);
      }
    }
  } else if (name == "distant forest") {
    for (uint32_t i = 0; i < 26; i++) {
      const int x = (static_cast<int>(i) * 5 + roll(c, key + i, -1, 3)) * unit, rise = height * roll(c, key + 30 + i, 45, 75) / 100;
      paint.colour = lit(c, brighter({44, 92, 66}, roll(c, key + 60 + i, 220, 290)), e.distance * 3 / 4);
      canvas.polygon(std::array<Point, 3>{{{x - 6 * unit, base}, {x, base - rise}, {x + 6 * unit, base}}}, paint);
    }
  } else {  // city skyline
    for (uint32_t i = 0; i < 13; i++) {
      const int x = (static_cast<int>(i) * 10 + roll(c, key + i, -2, 2)) * unit, rise = height * roll(c, key + 30 + i, 40, 105) / 100, width = roll(c, key + 50 + i, 8, 12) * unit;
      paint.colour = lit(c, brighter({96, 106, 134}, roll(c, key + 70 + i, 226, 280)), e.distance);
      canvas.rectangle({x, base - rise}, {x + width, base}, paint);
      paint.colour = c.time == Time::night ? Rgb{240, 208, 130} : lit(c, {170, 188, 206}, e.distance);
      for (int k = 0; k < 6; k++) {
        const int wx = x + (2 + 4 * (k & 1)) * unit, wy = base - rise + (3 + 5 * (k / 2)) * unit;
        if (wy + 3 * unit < base && roll(c, key + 200 + 6 * i + static_cast<uint32_t>(k)) % 3) canvas.rectangle({wx, wy}, {wx + 2 * unit, wy + 2 * unit}, paint);
      }
    }
  }
}

// Grounds: a colour that changes with the row, and a texture of short strokes.
struct Surface {
  std::string_view name;
  Rgb far, near, speck;
  int density;  // of 256 cells of 3 x 2 samples
};
constexpr Surface surfaces[] = {
    {"grass", {122, 172, 88}, {92, 152, 62}, {70, 124, 48}, 46},      {"sand", {238, 218, 168}, {226, 198, 138}, {202, 172, 112}, 30},
    {"snow on the ground", {236, 242, 250}, {246, 249, 254}, {206, 218, 236}, 16}, {"stone paving", {176, 172, 166}, {158, 154, 150}, {140, 136, 132}, 14},
    {"bare earth", {152, 118, 84}, {130, 96, 66}, {104, 76, 52}, 44}, {"wooden floor", {176, 126, 80}, {154, 106, 64}, {138, 92, 54}, 20},
    {"tiled floor", {214, 212, 206}, {224, 222, 216}, {200, 198, 194}, 0}, {"sea", {64, 134, 178}, {88, 164, 192}, {176, 214, 226}, 26},
    {"pond", {92, 156, 186}, {84, 146, 176}, {176, 212, 224}, 22},      {"road", {92, 94, 100}, {84, 86, 92}, {74, 76, 82}, 20},
    {"railway tracks", {140, 130, 122}, {128, 118, 110}, {100, 92, 86}, 60}, {"runway", {110, 112, 118}, {104, 106, 112}, {94, 96, 102}, 10},
};

void paint_ground(const Composition& c, std::string_view name, const Element& e, uint8_t id, Canvas& canvas) {
  const Surface* s = surfaces;
  while (s->name != name) s++;
  Paint paint;
  paint.id = id;
  const int x0 = e.x / unit, x1 = (e.x + e.width) / unit, y0 = e.y / unit, y1 = std::min(samples, (e.y + e.height) / unit), height = std::max(1, y1 - y0);
  const bool pond = name == "pond", paved = name == "stone paving" || name == "tiled floor", planks = name == "wooden floor";
  const Rgb speck = lit(c, s->speck, e.distance / 2), joint = lit(c, {126, 122, 118}, e.distance), dark_tile = lit(c, {150, 166, 176}, 0);
  const Rgb white = lit(c, {240, 238, 228}, 40), rail = lit(c, {80, 76, 80}, 20), sleeper = lit(c, {92, 66, 48}, 20);
  for (int y = y0; y < y1; y++) {
    const int t = 256 * (y - y0) / height;
    paint.colour = lit(c, mix(s->far, s->near, t), e.distance * (256 - t) / 256);
    int left = x0, right = x1;
    if (pond) {
      const int64_t v = 512 * (y - y0) / height - 256, half = (x1 - x0) * (262144 - v * v * 3) / 524288;
      left = static_cast<int>((x0 + x1) / 2 - half), right = static_cast<int>((x0 + x1) / 2 + half);
    }
    canvas.span(y, left, right, paint);
    // Rows of tiles and planks grow towards the viewer.
    const int u = y - y0, band = paved ? (u < 6 ? 0 : u < 15 ? 1 : u < 27 ? 2 : u < 42 ? 3 : 4) : u / 7;
    const bool edge = paved && (u == 6 || u == 15 || u == 27 || u == 42);
    for (int x = std::max(0, left); x < std::min(samples, right); x++) {
      if (name == "tiled floor") {
        const int cell = 9 + 2 * band;
        if (((x + 4 * samples - samples / 2) / cell + band) & 1) canvas.blend(x, y, dark_tile, 220);
      } else if (name == "stone paving") {
        if (edge || (x + 7 * band) % (13 + 4 * band) == 0) canvas.blend(x, y, joint, 170);
      } else if (planks && (u % 7 == 0 || (x + 29 * band) % 50 == 0)) {
        canvas.blend(x, y, speck, 200);
      } else if (name == "road" && u > height / 2 - 2 && u < height / 2 + 1 && (x + static_cast<int>(c.texture % 16)) % 20 < 11) {
        canvas.blend(x, y, white, 220);
      } else if (name == "runway" && (u == 1 || u == height - 3 || (u > height / 2 - 2 && u < height / 2 + 2 && x % 26 < 17))) {
        canvas.blend(x, y, white, 240);
      } else if (name == "railway tracks") {
        if (x % 9 < 4 && u > 1 && u < height - 2) canvas.blend(x, y, sleeper, 240);
        if (u / 2 == height / 8 || u / 2 == height * 3 / 8) canvas.blend(x, y, rail, 256);
      }
      if (s->density && static_cast<int>(scramble(static_cast<uint32_t>(x / 3 + 64 * (y / 2)), static_cast<uint32_t>(c.texture)) & 255) < s->density) canvas.blend(x, y, speck, 120);
    }
  }
}

void paint_window(const Composition& c, const Element& e, uint8_t id, Canvas& canvas) {
  const int x0 = e.x / unit, y0 = e.y / unit, x1 = x0 + e.width / unit, y1 = y0 + e.height / unit;
  Paint frame;
  frame.id = id;
  frame.colour = lit(c, {244, 240, 230}, 0);
  canvas.rectangle({e.x, e.y}, {e.x + e.width, e.y + e.height}, frame);
  paint_sky(c, x0 + 3, x1 - 3, y0 + 3, y1 - 3, id, canvas);
  Paint hill = frame;
  hill.colour = mix({96, 140, 88}, c.haze, c.time == Time::night ? 210 : 90);
  canvas.rectangle({(x0 + 3) * unit, (y1 - 9) * unit}, {(x1 - 3) * unit, (y1 - 3) * unit}, hill);
  paint_weather_within(c, x0 + 3, x1 - 3, y0 + 3, y1 - 3, canvas);
  const int mx = (x0 + x1) / 2;
  canvas.rectangle({(mx - 1) * unit, e.y}, {(mx + 1) * unit, e.y + e.height}, frame);
  canvas.rectangle({e.x - 2 * unit, (y1 - 1) * unit}, {e.x + e.width + 2 * unit, (y1 + 2) * unit}, frame);
}

}  // namespace

void paint_background(const Composition& c, Canvas& canvas) {
  if (!c.room) return paint_sky(c, 0, samples, 0, c.horizon + 2, 0, canvas);
  Paint wall;
  wall.colour = lit(c, c.wall, 0);
  wall.top = 0, wall.bottom = 2 * c.horizon;
  canvas.rectangle({0, 0}, {samples * unit, (c.horizon + 1) * unit}, wall);
}

void paint_layer(const Composition& c, const Element& e, int number, Canvas& canvas) {
  const auto id = static_cast<uint8_t>(2 * number);
  const std::string_view name = attributes()[static_cast<size_t>(e.attribute)];
  Paint paint;
  paint.id = id;
  if (name == "window") return paint_window(c, e, id, canvas);
  if (name == "sun" || name == "moon") {
    const Point centre{e.x + e.width / 2, e.y + e.height / 2};
    const Rgb colour = name == "moon" ? Rgb{240, 240, 224} : c.time == Time::daylight ? Rgb{255, 240, 150} : Rgb{255, 214, 140};
    canvas.blend_ellipse(centre, e.width * 3 / 2, e.height * 3 / 2, colour, name == "moon" ? 70 : 190);
    paint.colour = colour;
    canvas.ellipse(centre, e.width / 2, e.height / 2, paint);
    if (name == "moon") {
      paint.colour = {214, 214, 200};
      canvas.ellipse({centre.x - e.width / 6, centre.y - e.height / 8}, e.width / 8, e.height / 8, paint);
      canvas.ellipse({centre.x + e.width / 6, centre.y + e.height / 6}, e.width / 11, e.height / 11, paint);
    }
    return;
  }
  if (name == "brick wall" || name == "striped wallpaper") {
    const bool brick = name == "brick wall";
    const Rgb a = lit(c, brick ? Rgb{172, 104, 84} : c.wall, 0), b = lit(c, brick ? Rgb{196, 176, 160} : mix(c.wall, {120, 110, 130}, 90), 0);
    for (int y = 0; y < c.horizon; y++) {
      paint.colour = a;
      canvas.span(y, 0, samples, paint);
      for (int x = 0; x < samples; x++)
        if (brick ? y % 6 == 0 || (x + (y / 6 & 1 ? 6 : 0)) % 12 == 0 : x / 6 & 1) canvas.blend(x, y, b, brick ? 210 : 256);
    }
    return;
  }
  for (const std::string_view backdrop : {"mountains", "hills", "distant forest", "city skyline", "sand dunes"})
    if (name == backdrop) return paint_backdrop(c, name, e, id, canvas);
  paint_ground(c, name, e, id, canvas);
}

void paint_weather(const Composition& c, Canvas& canvas) {
  if (!c.room) paint_weather_within(c, 0, samples, 0, samples, canvas);
}

}  // namespace ceir::scenes
