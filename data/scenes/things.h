// The things of the world. A drawing is a little text: shapes in painting order, separated by ";", each a colour, a
// letter and numbers in a box of 100 x 100 (x to the right, y down, feet at 100):
//   r x0 y0 x1 y1 (rectangle)   e cx cy rx ry (ellipse)   p x y x y ... (polygon)   l x0 y0 x1 y1 width (line)
//   o cx cy rx ry width (ring)  a cx cy rx ry width (its upper half); widths are in hundredths of the box's width
// "main" is the thing's own colour; a colour with + or - behind it is lighter or darker.
#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "data/scenes/raster.h"

namespace ceir::scenes {

// Where a thing stands.
enum class Zone : uint8_t { far, ground, water, road, rails, wall, sky, top };

struct Kind {
  std::string_view article;  // "a", "an" or ""
  std::string_view name;     // the attribute
  Zone zone;
  int width, height;         // of the box in pixels, at the distance where things have scale 1
  std::string_view colour;   // "any": one of the picture's two paints; else a colour's name; "": has none of its own
  bool patterned;            // its main colour may have stripes, dots or checks
  std::string_view drawing;
};

std::span<const Kind> kinds();
int kind_index(std::string_view name);  // throws Error(internal) for a name that is not there

// A parsed shape: the numbers as they stand in the text.
struct Stroke {
  enum class Tint : uint8_t { fixed, main, leaf, glass, glow } tint;
  int light;      // 256: as it is
  Rgb colour;     // for fixed
  char form;      // r, e, p, l, o, a
  std::vector<int> numbers;
};
const std::vector<Stroke>& strokes(int kind);

Rgb named_colour(std::string_view name);  // throws Error(internal) for a name that is not there

// The tables that kinds() joins.
std::span<const Kind> outdoor_kinds();
std::span<const Kind> town_kinds();
std::span<const Kind> small_kinds();

}  // namespace ceir::scenes
