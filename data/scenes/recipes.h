// What the classes are made of: chances of shared things. No attribute belongs to one class alone by rule, and
// weather, time of day, colours, patterns, camera, people and clutter do not know the class.
#pragma once
#include <span>
#include <string_view>
#include <vector>

namespace ceir::scenes {

struct Chance {
  std::string_view name;
  int percent;
  int most = 1;  // how many at most: 1 .. most are drawn when any is
};

struct Recipe {
  std::string_view name;
  bool room = false;
  std::vector<Chance> grounds;    // one of them; percents add up to 100
  std::vector<Chance> strips;     // sea, pond, road, railway tracks, runway: each on its own
  std::vector<Chance> backdrops;  // one of them, or none: percents add up to at most 100
  std::vector<Chance> things;
};

std::span<const Recipe> recipes();
std::span<const Chance> outdoor_clutter();  // anywhere under the sky
std::span<const Chance> room_clutter();

}  // namespace ceir::scenes
