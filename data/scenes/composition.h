// What stands where in one picture, before anything is painted: elements in painting order, and the light.
#pragma once
#include <cstdint>
#include <vector>

#include "data/scenes/raster.h"
#include "data/scenes/things.h"
#include "data/scenes/vocabulary.h"

namespace ceir::scenes {

// A part of the picture with a place in the id-buffer (its position in the list + 1; 0 is the sky or the wall).
struct Element {
  int attribute = -1;   // -1: nothing worth a name (a plain wall)
  int kind = -1;        // of a thing; -1: a layer, told apart by its attribute
  int x = 0, y = 0, width = 0, height = 0;  // box, sixteenths of a sample
  bool mirrored = false;
  int accent = -1;      // which of the six colours it is painted in; -1: none
  Rgb main{};
  Pattern pattern = Pattern::plain;
  int distance = 0;     // 0 near .. 256 at the horizon: haze
};

struct Composition {
  int64_t label = 0;
  bool room = false;
  Time time = Time::daylight;
  Weather weather = Weather::clear;
  bool close_up = false, autumn = false, stars = false;
  int horizon = 0;            // row (samples); in rooms where the floor begins
  int shore = 0;              // row where the ground begins (below the sea, when there is one)
  int light[3] = {256, 256, 256};  // of things, per channel, 256 = as painted
  Rgb sky_top{}, sky_bottom{}, haze{};
  Rgb wall{};
  int fog = 0;                // share of haze at the horizon, 0 .. 256
  uint64_t texture = 0;       // key of grain, clouds, rain
  std::vector<Element> elements;
};

// Picture `index` of world `seed`. Classes are balanced: each block of as many pictures as there are classes has one of each.
Composition compose(uint64_t seed, uint64_t index);

void paint_background(const Composition& c, Canvas& canvas);          // sky or wall; id 0
void paint_element(const Composition& c, size_t element, Canvas& canvas);  // id element + 1
void paint_weather(const Composition& c, Canvas& canvas);             // over everything; leaves the ids alone
void paint(const Composition& c, Canvas& canvas);                     // all of it

// A colour of this picture: lit, and hazy with distance.
Rgb lit(const Composition& c, Rgb colour, int distance);

// Visible attributes, ascending. A thing is visible when at least a quarter of its own pixels and at least 6 pixels
// are left in the id-buffer; a colour or pattern, when its thing is visible and 12 pixels of it are left.
std::vector<int64_t> visible_attributes(const Composition& c, const Canvas& canvas);
bool visible(int left_samples, int own_samples);

// Names a random part of what is visible; see caption.cpp for the grammar. Another `variant` says something else.
std::string caption(const Composition& c, const Canvas& canvas, const std::vector<int64_t>& attributes, uint64_t seed,
                    uint64_t index, int variant = 0);

}  // namespace ceir::scenes
