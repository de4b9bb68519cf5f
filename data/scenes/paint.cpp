// Things: their drawings, in this picture's light.
#include <array>

#include "data/scenes/composition.h"

namespace ceir::scenes {

void paint_layer(const Composition& c, const Element& e, int id, Canvas& canvas);  // layers.cpp

namespace {

Rgb stroke_colour(const Composition& c, const Element& e, const Stroke& s) {
  const bool dark = c.time == Time::night || c.time == Time::dawn || c.weather == Weather::thunderstorm;
  switch (s.tint) {
    case Stroke::Tint::main: return lit(c, brighter(e.main, s.light), e.distance);
    case Stroke::Tint::leaf: return lit(c, brighter(c.autumn ? Rgb{198, 118, 44} : Rgb{84, 148, 62}, s.light), e.distance);
    case Stroke::Tint::glass: return dark ? Rgb{250, 216, 130} : lit(c, {150, 192, 218}, e.distance);
    case Stroke::Tint::glow: return dark ? Rgb{255, 226, 140} : lit(c, {244, 222, 150}, e.distance);
    case Stroke::Tint::fixed: break;
  }
  return lit(c, brighter(s.colour, s.light), e.distance);
}

}  // namespace

void paint_element(const Composition& c, size_t index, Canvas& canvas) {
  const Element& e = c.elements[index];
  const int id = static_cast<int>(index) + 1;
  if (e.kind < 0) return paint_layer(c, e, id, canvas);
  const auto at = [&](int px, int py) {
    const int x = e.mirrored ? 100 - px : px;
    return Point{e.x + x * e.width / 100, e.y + py * e.height / 100};
  };
  Paint paint;
  paint.top = e.y / unit;
  paint.bottom = (e.y + e.height) / unit;
  paint.origin = {e.x / unit, e.y / unit};
  paint.cell = std::max(3, e.width / unit / 7);
  paint.second = lit(c, {250, 248, 240}, e.distance);
  for (const Stroke& s : strokes(e.kind)) {
    const std::vector<int>& n = s.numbers;
    const bool main = s.tint == Stroke::Tint::main;
    paint.colour = stroke_colour(c, e, s);
    paint.id = static_cast<uint8_t>(2 * id + (main ? 1 : 0));
    paint.pattern = main && s.light == 256 ? e.pattern : Pattern::plain;
    const Point a = at(n[0], n[1]);
    switch (s.form) {
      case 'r': canvas.rectangle(a, at(n[2], n[3]), paint); break;
      case 'e': canvas.ellipse(a, n[2] * e.width / 100, n[3] * e.height / 100, paint); break;
      case 'l': canvas.line(a, at(n[2], n[3]), std::max(unit, n[4] * e.width / 100), paint); break;
      case 'o': case 'a':
        canvas.ring(a, n[2] * e.width / 100, n[3] * e.height / 100, std::max(unit, n[4] * e.width / 100), s.form == 'a', paint);
        break;
      default: {
        std::array<Point, 24> corners;
        for (size_t i = 0; i + 1 < n.size(); i += 2) corners[i / 2] = at(n[i], n[i + 1]);
        canvas.polygon({corners.data(), n.size() / 2}, paint);
      }
    }
  }
}

void paint(const Composition& c, Canvas& canvas) {
  paint_background(c, canvas);
  for (size_t i = 0; i < c.elements.size(); i++) {
    const Element& e = c.elements[i];
    const bool stands = e.kind >= 0 && kinds()[static_cast<size_t>(e.kind)].zone != Zone::sky && kinds()[static_cast<size_t>(e.kind)].zone != Zone::top &&
                        kinds()[static_cast<size_t>(e.kind)].zone != Zone::wall && kinds()[static_cast<size_t>(e.kind)].zone != Zone::water;
    if (stands) canvas.blend_ellipse({e.x + e.width / 2, e.y + e.height}, e.width * 6 / 10, std::max(3 * unit, e.width / 8), {20, 20, 40}, 120);
    paint_element(c, i, canvas);
  }
  if (c.time == Time::night || c.time == Time::dawn || c.weather == Weather::thunderstorm) {
    for (const Element& e : c.elements) {  // lamps light their surroundings
      if (e.kind < 0) continue;
      const std::string_view name = kinds()[static_cast<size_t>(e.kind)].name;
      const bool high = name == "street lamp" || name == "floor lamp" || name == "lighthouse";
      if (!high && name != "campfire") continue;
      canvas.blend_ellipse({e.x + e.width / 2, e.y + e.height * (high ? 22 : 60) / 100}, 26 * unit, 26 * unit, {255, 206, 120}, 130);
    }
  }
  paint_weather(c, canvas);
}

}  // namespace ceir::scenes
