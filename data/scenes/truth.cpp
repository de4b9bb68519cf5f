// What can be seen: read off the id-buffer, never off the recipe.
#include <algorithm>
#include <set>

#include "data/scenes/composition.h"

namespace ceir::scenes {
namespace {

constexpr int pixel = oversampling * oversampling;  // samples in a pixel

bool is_tree(std::string_view name) {
  return name == "leafy tree" || name == "pine tree" || name == "palm tree" || name == "apple tree";
}

}  // namespace

bool visible(int left, int own) { return left >= 6 * pixel && 4 * left >= own; }

std::vector<int64_t> visible_attributes(const Composition& c, const Canvas& canvas) {
  const std::array<int, 256> left = canvas.visible();
  std::set<int64_t> seen{attribute(c.time), attribute(c.weather)};
  if (c.stars) seen.insert(attribute("stars"));
  if (c.close_up) seen.insert(attribute("close-up"));
  int people = 0, birds = 0, trees = 0, balloons = 0;
  for (size_t i = 0; i < c.elements.size(); i++) {
    const Element& e = c.elements[i];
    const size_t id = 2 * (i + 1);
    if (e.attribute < 0 || !visible(left[id] + left[id + 1], canvas.owned(static_cast<int>(i) + 1))) continue;
    seen.insert(e.attribute);
    if (e.kind < 0) continue;
    if (e.accent >= 0 && left[id + 1] >= 12 * pixel) seen.insert(attribute_of_accent(e.accent));
    if (e.pattern != Pattern::plain && left[id + 1] >= 12 * pixel)
      seen.insert(attribute(e.pattern == Pattern::stripes ? "stripes" : e.pattern == Pattern::dots ? "polka dots" : "checked pattern"));
    const std::string_view name = kinds()[static_cast<size_t>(e.kind)].name;
    people += name == "person";
    birds += name == "bird";
    balloons += name == "balloon";
    if (!is_tree(name)) continue;
    trees++;
    const int centre = (e.x + e.width / 2) / unit;
    if (3 * centre < samples) seen.insert(attribute("a tree on the left"));
    if (3 * centre > 2 * samples) seen.insert(attribute("a tree on the right"));
    if (c.autumn && (name == "leafy tree" || name == "apple tree")) seen.insert(attribute("autumn leaves"));
  }
  if (people == 2) seen.insert(attribute("two people"));
  if (people >= 4) seen.insert(attribute("a crowd of people"));
  if (birds >= 3) seen.insert(attribute("a flock of birds"));
  if (trees >= 3) seen.insert(attribute("a row of trees"));
  if (balloons >= 3) seen.insert(attribute("a bunch of balloons"));
  return {seen.begin(), seen.end()};
}

}  // namespace ceir::scenes
