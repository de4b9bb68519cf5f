#include "data/scenes/vocabulary.h"

#include <algorithm>
#include <unordered_map>

#include "data/scenes/recipes.h"
#include "data/scenes/things.h"
#include "kernels/base/error.h"

namespace ceir::scenes {
namespace {

// Everything but the things themselves, which follow in the order of their tables.
constexpr const char* general[] = {
    "daylight", "dawn", "sunset", "night",
    "clear sky", "clouds", "rain", "falling snow", "fog", "thunderstorm",
    "stars", "close-up",  // up to here: global
    "sun", "moon", "autumn leaves",
    "grass", "sand", "snow on the ground", "stone paving", "bare earth", "wooden floor", "tiled floor",
    "sea", "pond", "road", "railway tracks", "runway",
    "mountains", "hills", "distant forest", "city skyline", "sand dunes",
    "window", "brick wall", "striped wallpaper",
    "something red", "something orange", "something yellow", "something blue", "something purple", "something pink",
    "stripes", "polka dots", "checked pattern",
    "two people", "a crowd of people", "a flock of birds", "a row of trees", "a bunch of balloons",
    "a tree on the left", "a tree on the right",
};
constexpr int globals = 12;

// Never drawn. The first 32 slip into captions now and then, as in captions from the web; the others occur nowhere.
constexpr const char* never_drawn[] = {
    "elephant", "piano", "waterfall", "submarine", "violin", "volcano", "penguin", "typewriter",
    "chandelier", "giraffe", "microscope", "wedding cake", "kangaroo", "igloo", "guitar", "toothbrush",
    "dinosaur", "helicopter", "telescope", "octopus", "trampoline", "crocodile", "chessboard", "sewing machine",
    "bathtub", "parrot", "skateboard", "beehive", "jellyfish", "globe", "accordion", "mailbox",
    "zebra", "trumpet", "glacier", "spaceship", "harp", "whirlpool", "ostrich", "calculator",
    "aquarium", "gorilla", "laboratory", "pancakes", "hedgehog", "canyon", "drum kit", "hairbrush",
    "mermaid", "rollercoaster", "magnifying glass", "lobster", "hammock", "rhinoceros", "crossword", "washing machine",
    "escalator", "peacock", "surfboard", "coral reef", "dolphin", "compass", "saxophone", "vending machine",
};

}  // namespace

const std::vector<std::string>& attributes() {
  static const std::vector<std::string> list = [] {
    std::vector<std::string> all(std::begin(general), std::end(general));
    for (const Kind& k : kinds()) all.emplace_back(k.name);
    return all;
  }();
  return list;
}

const std::vector<std::string>& distractors() {
  static const std::vector<std::string> list(std::begin(never_drawn), std::end(never_drawn));
  return list;
}

std::vector<std::string> concept_list() {
  std::vector<std::string> list = attributes();
  list.insert(list.end(), distractors().begin(), distractors().end());
  std::sort(list.begin(), list.end());
  return list;
}

const std::vector<std::string>& class_names() {
  static const std::vector<std::string> list = [] {
    std::vector<std::string> all;
    for (const Recipe& r : recipes()) all.emplace_back(r.name);
    return all;
  }();
  return list;
}

int attribute(std::string_view name) {
  static const std::unordered_map<std::string_view, int> index = [] {
    std::unordered_map<std::string_view, int> map;
    for (size_t i = 0; i < attributes().size(); i++) map.emplace(attributes()[i], static_cast<int>(i));
    return map;
  }();
  const auto found = index.find(name);
  if (found == index.end()) fail(ErrorKind::internal, "scenes: there is no attribute '{}'", name);
  return found->second;
}

int attribute(Time time) { return static_cast<int>(time); }
int attribute(Weather weather) { return 4 + static_cast<int>(weather); }
int attribute_of_kind(int kind) { return static_cast<int>(std::size(general)) + kind; }

std::string_view accent_name(int accent) {
  constexpr std::string_view names[accents] = {"red", "orange", "yellow", "blue", "purple", "pink"};
  return names[accent];
}
int attribute_of_accent(int accent) {
  static const int first = attribute("something red");
  return first + accent;
}

bool is_global(int a) { return a >= 0 && a < globals; }

}  // namespace ceir::scenes
