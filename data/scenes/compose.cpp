// From a class's recipe to things in their places.
#include <algorithm>

#include "data/scenes/light.h"
#include "data/scenes/recipes.h"

namespace ceir::scenes {
namespace {

constexpr int scale_one = 256;
constexpr int pixel = oversampling * unit;  // sixteenths of a sample in a pixel
constexpr int side = samples * unit;

struct Composer {
  Composition c;
  Random random;
  int accent[2] = {0, 0};       // the picture's two paints
  Pattern pattern = Pattern::plain;
  int camera = scale_one;
  int strip_y[3] = {0, 0, 0};   // feet of what stands on road, rails, water (sixteenths of a sample)
  bool has_road = false, has_rails = false, has_water = false, has_sea = false;

  int between(int low, int high) { return low + static_cast<int>(random.below(static_cast<uint64_t>(high - low + 1))); }
  bool percent(int p) { return static_cast<int>(random.below(100)) < p; }
  template <size_t N> int weighted(const int (&weights)[N]) {
    int left = static_cast<int>(random.below(100));
    for (size_t i = 0; i < N; i++)
      if ((left -= weights[i]) < 0) return static_cast<int>(i);
    return 0;
  }
  std::string_view one_of(const std::vector<Chance>& list) {
    int left = static_cast<int>(random.below(100));
    for (const Chance& e : list)
      if ((left -= e.percent) < 0) return e.name;
    return {};
  }

  void setting(const Recipe& recipe);
  void layers(const Recipe& recipe);
  void layer(std::string_view name, int x, int y, int width, int height, int distance);
  void things(const Recipe& recipe);
  void add(int kind, int companions);
  void finish();
};

void Composer::setting(const Recipe& recipe) {
  c.room = recipe.room;
  c.time = static_cast<Time>(weighted({46, 14, 18, 22}));
  c.weather = static_cast<Weather>(weighted({32, 24, 14, 12, 11, 7}));
  c.close_up = percent(22);
  c.autumn = percent(22);
  c.stars = c.time == Time::night && c.weather == Weather::clear;
  camera = c.close_up ? between(330, 365) : between(228, 272);
  accent[0] = between(0, accents - 1);
  accent[1] = (accent[0] + between(1, accents - 1)) % accents;
  if (percent(45)) pattern = static_cast<Pattern>(between(1, 3));
  c.horizon = samples * (c.room ? between(60, 70) : between(42, 56)) / 100;
  c.shore = c.horizon;
  constexpr Rgb walls[] = {{226, 214, 190}, {190, 206, 200}, {204, 196, 214}, {214, 190, 178}, {180, 196, 212}, {222, 220, 214}, {200, 208, 176}};
  c.wall = walls[random.below(std::size(walls))];
  c.texture = random.bits64();
  set_light(c, random);
}

void Composer::layer(std::string_view name, int x, int y, int width, int height, int distance) {
  Element e;
  e.attribute = name.empty() ? -1 : attribute(name);
  e.x = x * unit, e.y = y * unit, e.width = width * unit, e.height = height * unit;
  e.distance = distance;
  e.mirrored = percent(50);
  c.elements.push_back(e);
}

void Composer::layers(const Recipe& recipe) {
  const int h = c.horizon, below = samples - h;
  if (c.room) {
    const int style = weighted({50, 22, 28});
    if (style) layer(style == 1 ? "brick wall" : "striped wallpaper", 0, 0, samples, h, 0);
    const int width = between(38, 48), height = between(34, 42);
    layer("window", between(6, samples - width - 6), between(6, 14), width, height, 0);
  } else {
    const bool bright = c.weather == Weather::clear || c.weather == Weather::clouds;
    const int size = between(13, 18), x = between(4, samples - size - 4), y = between(6, h / 2 - 6);
    if (bright && c.time != Time::night && percent(70)) layer("sun", x, c.time == Time::daylight ? y : h - between(20, 34), size, size, 0);
    if (bright && c.time == Time::night && percent(75)) layer("moon", x, y, size, size, 0);
    if (c.time != Time::night && (c.weather == Weather::rain ? percent(35) : bright && percent(7))) add(kind_index("rainbow"), 0);
    const std::string_view backdrop = one_of(recipe.backdrops);
    if (!backdrop.empty()) layer(backdrop, 0, h - between(24, 34), samples, between(36, 40), 200);
  }
  std::string_view ground = one_of(recipe.grounds);
  if (!c.room && percent(7)) ground = "snow on the ground";
  for (const Chance& strip : recipe.strips) {
    if (strip.name != "sea" || !percent(strip.percent)) continue;
    c.shore = h + below * between(40, 56) / 100;
    layer("sea", 0, h, samples, c.shore - h + 4, 128);
    has_water = has_sea = true;
    strip_y[2] = (h + 2 * c.shore) / 3 * unit;
  }
  layer(ground, 0, c.shore, samples, samples - c.shore, 90);
  for (const Chance& strip : recipe.strips) {
    if (strip.name == "sea" || !percent(strip.percent)) continue;
    const int room_left = samples - c.shore;
    if (strip.name == "pond") {
      const int width = between(62, 84), height = between(18, 24), y = c.shore + room_left * between(42, 58) / 100;
      layer("pond", between(4, samples - width - 4), y - height / 2, width, height, 40);
      has_water = true;
      strip_y[2] = (y + height / 4) * unit;
    } else {
      const bool rails = strip.name == "railway tracks";
      const int height = rails ? between(13, 16) : between(20, 26), y = c.shore + room_left * (rails ? between(6, 24) : between(14, 40)) / 100;
      layer(strip.name, 0, y, samples, height, 70);
      strip_y[rails ? 1 : 0] = (y + height * 3 / 4) * unit;
      (rails ? has_rails : has_road) = true;
    }
  }
}

// Chooses a place: the best of a few, so that things overlap now and then but do not pile up.
void Composer::add(int kind, int companion) {
  const Kind& k = kinds()[static_cast<size_t>(kind)];
  Element best;
  int64_t best_cost = INT64_MAX;
  for (int attempt = 0; attempt < 6; attempt++) {
    Element e;
    e.kind = kind;
    e.attribute = attribute_of_kind(kind);
    int scale = camera, feet = 0;
    const int h = c.horizon * unit, ground = c.shore * unit, depth = between(8, 100);
    Zone zone = k.zone;
    if ((zone == Zone::road && !has_road) || (zone == Zone::rails && !has_rails)) zone = Zone::ground;
    if (zone == Zone::water && !has_water) zone = Zone::ground;
    switch (zone) {
      case Zone::far:
        feet = ground + between(1, 7) * pixel;
        scale = camera * between(88, 108) / 100;
        e.distance = 120;
        break;
      case Zone::ground:
        feet = ground + (side - ground) * depth / 104;
        scale = camera * (72 + depth * 48 / 100) / 100;
        e.distance = 110 - depth;
        break;
      case Zone::road: feet = strip_y[0] + between(-2, 3) * pixel; e.distance = 50; break;
      case Zone::rails: feet = strip_y[1]; e.distance = 60; break;
      case Zone::water:
        feet = strip_y[2] + (has_sea ? between(-4, 4) : between(-2, 2)) * pixel;
        scale = camera * between(80, 104) / 100;
        e.distance = has_sea ? 90 : 30;
        break;
      case Zone::wall: feet = h - between(8, 16) * pixel; break;
      case Zone::sky: feet = h * between(36, 88) / 100; scale = camera * between(80, 112) / 100; e.distance = 40; break;
      case Zone::top: feet = between(10, 16) * pixel; scale = scale_one; break;
    }
    if (k.name == "rainbow") feet = h + 2 * pixel, e.distance = 200;
    e.width = k.width * pixel * scale / scale_one;
    e.height = k.height * pixel * scale / scale_one;
    if (zone == Zone::sky || zone == Zone::wall) feet = std::max(feet, e.height * 9 / 10);
    const int margin = std::min(e.width / 5, side / 12);
    e.x = zone == Zone::top ? 0 : between(-margin, std::max(side - e.width + margin, 1 - margin));
    if (zone == Zone::water && !has_sea) {  // ducks stay in their pond
      for (const Element& other : c.elements)
        if (other.kind < 0 && other.attribute == attribute("pond")) e.x = other.x + between(0, std::max(1, other.width - e.width));
    }
    if (companion > 0 && attempt < 3 && (zone == Zone::sky || zone == Zone::ground)) {  // a flock keeps together
      const Element& friend_of = c.elements.back();
      e.x = std::clamp(friend_of.x + between(-14, 14) * pixel, -margin, std::max(side - e.width + margin, 1));
      feet = std::clamp(friend_of.y + friend_of.height + between(-4, 4) * pixel, zone == Zone::sky ? e.height : ground + pixel, zone == Zone::sky ? h : side);
    }
    if (k.name == "bowl of fruit") {
      for (const Element& other : c.elements)
        if (other.kind >= 0 && kinds()[static_cast<size_t>(other.kind)].name == "table")
          e.x = other.x + other.width / 4 + between(0, std::max(1, other.width / 2 - e.width)), feet = other.y + other.height / 5;
    }
    e.y = feet - e.height;
    int64_t cost = 0;
    for (const Element& other : c.elements) {
      if (other.kind < 0 || other.attribute == attribute("rainbow")) continue;
      const int64_t w = std::min(e.x + e.width, other.x + other.width) - std::max(e.x, other.x);
      const int64_t t = std::min(e.y + e.height, other.y + other.height) - std::max(e.y, other.y);
      if (w > 0 && t > 0) cost += w * t * 100 / std::min(int64_t{e.width} * e.height, int64_t{other.width} * other.height);
    }
    if (cost < best_cost) best = e, best_cost = cost;
    if (cost == 0) break;
  }
  best.mirrored = percent(50);
  if (k.colour == "any") {
    const int choice = weighted({48, 34, 18});
    best.accent = choice == 2 ? -1 : accent[choice];
    best.main = best.accent >= 0 ? named_colour(accent_name(best.accent)) : named_colour(percent(50) ? "cream" : "grey");
  } else if (!k.colour.empty()) {
    for (int a = 0; a < accents; a++)
      if (accent_name(a) == k.colour) best.accent = a;
    best.main = named_colour(k.colour);
  }
  if (k.patterned && pattern != Pattern::plain && percent(60)) best.pattern = pattern;
  c.elements.push_back(best);
}

void Composer::things(const Recipe& recipe) {
  const auto place = [&](const Chance& chance) {
    if (!percent(chance.percent)) return;
    int count = 1;
    while (count < chance.most && percent(58)) count++;
    const int kind = kind_index(chance.name);
    for (int i = 0; i < count; i++) add(kind, i);
  };
  for (const Chance& chance : recipe.things) place(chance);
  for (const Chance& chance : c.room ? room_clutter() : outdoor_clutter()) place(chance);
  const int people = weighted({64, 16, 11, 2, 7});
  for (int i = 0; i < people; i++) add(kind_index("person"), i);
}

// Layers keep their order; things follow from the far ones to the near ones.
void Composer::finish() {
  const auto rank = [](const Element& e) {
    if (e.kind < 0) return -1;
    const Kind& k = kinds()[static_cast<size_t>(e.kind)];
    if (k.name == "rainbow") return -1;
    if (k.name == "rug") return 1;
    return k.zone == Zone::wall || k.zone == Zone::sky ? 0 : k.zone == Zone::top ? side * 3 : e.y + e.height + 2;
  };
  std::stable_sort(c.elements.begin(), c.elements.end(), [&](const Element& a, const Element& b) {
    int x = rank(a), y = rank(b);
    const auto fruit = [](const Element& e) { return e.kind >= 0 && kinds()[static_cast<size_t>(e.kind)].name == "bowl of fruit"; };
    if (fruit(a)) x += side / 4;
    if (fruit(b)) y += side / 4;
    return x < y;
  });
  if (c.elements.size() > 126) c.elements.resize(126);
}

}  // namespace

int64_t label_of(uint64_t seed, uint64_t index) {
  const uint64_t classes = recipes().size();
  return Random(seed, "scenes.class", index / classes).permutation(static_cast<int64_t>(classes))[index % classes];
}

Composition compose(uint64_t seed, uint64_t index) {
  Composer composer{.c = {}, .random = Random(seed, "scenes", index)};
  composer.c.label = label_of(seed, index);
  const Recipe& recipe = recipes()[static_cast<size_t>(composer.c.label)];
  composer.setting(recipe);
  composer.layers(recipe);
  composer.things(recipe);
  composer.finish();
  return std::move(composer.c);
}

}  // namespace ceir::scenes
