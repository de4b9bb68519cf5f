#include "data/scenes/things.h"

#include <array>
#include <charconv>
#include <string>

#include "kernels/base/error.h"

namespace ceir::scenes {
namespace {

struct Named {
  std::string_view name;
  Rgb colour;
};
constexpr Named palette[] = {
    // The six colours that count as attributes ("something red"), clear of everything below.
    {"red", {214, 40, 42}}, {"orange", {244, 136, 26}}, {"yellow", {250, 212, 40}},
    {"blue", {36, 78, 208}}, {"purple", {132, 52, 178}}, {"pink", {246, 118, 180}},
    // What a thing is painted in when it has none of these.
    {"white", {246, 246, 242}}, {"cream", {238, 226, 198}}, {"grey", {140, 142, 146}},
    {"black", {36, 34, 38}}, {"dark", {70, 72, 80}}, {"silver", {198, 202, 208}}, {"steel", {146, 152, 160}},
    {"brown", {126, 86, 54}}, {"darkbrown", {84, 56, 38}}, {"tan", {198, 162, 112}}, {"straw", {214, 184, 100}}, {"fawn", {176, 122, 74}}, {"wetsand", {198, 156, 92}},
    {"fern", {78, 142, 66}}, {"pine", {40, 96, 66}}, {"cactus", {74, 140, 76}}, {"lime", {150, 190, 70}}, {"apple", {196, 50, 46}},
    {"skin", {232, 188, 150}}, {"rose", {226, 160, 160}}, {"ginger", {206, 138, 74}}, {"navy", {58, 64, 92}},
    {"stone", {164, 160, 154}}, {"slate", {104, 116, 134}}, {"rockblue", {112, 122, 146}}, {"brick", {164, 92, 72}},
    {"mortar", {188, 180, 168}}, {"water", {110, 170, 206}}, {"spray", {222, 238, 246}}, {"screen", {120, 160, 190}},
    {"lampred", {240, 70, 60}}, {"lampamber", {250, 190, 70}}, {"lampgreen", {90, 210, 120}}, {"glowfire", {236, 150, 80}},
    {"bowred", {238, 132, 126}}, {"boworange", {246, 186, 126}}, {"bowyellow", {248, 238, 150}},
    {"bowgreen", {156, 216, 150}}, {"bowblue", {140, 172, 232}},
};

Stroke parse_stroke(std::string_view text, std::string_view thing) {
  Stroke stroke{};
  std::vector<std::string_view> words;
  for (size_t i = 0; i < text.size();) {
    const size_t end = std::min(text.find(' ', i), text.size());
    if (end > i) words.push_back(text.substr(i, end - i));
    i = end + 1;
  }
  if (words.size() < 6 || words[1].size() != 1)
    fail(ErrorKind::internal, "scenes: the drawing of '{}' has the shape '{}', expected a colour, a letter and numbers", thing, text);
  std::string_view name = words[0];
  stroke.light = 256;
  if (name.ends_with('+')) stroke.light = 300, name.remove_suffix(1);
  if (name.ends_with('-')) stroke.light = 208, name.remove_suffix(1);
  stroke.tint = name == "main" ? Stroke::Tint::main : name == "leaf" ? Stroke::Tint::leaf
              : name == "glass" || name == "window" ? Stroke::Tint::glass
              : name == "glow" ? Stroke::Tint::glow : Stroke::Tint::fixed;
  if (stroke.tint == Stroke::Tint::fixed) stroke.colour = named_colour(name);
  stroke.form = words[1][0];
  for (size_t i = 2; i < words.size(); i++) {
    int v = 0;
    std::from_chars(words[i].data(), words[i].data() + words[i].size(), v);
    stroke.numbers.push_back(v);
  }
  const size_t n = stroke.numbers.size();
  const bool fits = stroke.form == 'r' || stroke.form == 'e' ? n == 4
                  : stroke.form == 'l' || stroke.form == 'o' || stroke.form == 'a' ? n == 5
                  : stroke.form == 'p' && n >= 6 && n % 2 == 0 && n <= 48;
  if (!fits) fail(ErrorKind::internal, "scenes: the drawing of '{}' has the shape '{}' with {} numbers", thing, text, n);
  return stroke;
}

std::vector<Stroke> parse(const Kind& kind) {
  std::vector<Stroke> list;
  for (size_t i = 0; i < kind.drawing.size();) {
    const size_t end = std::min(kind.drawing.find(';', i), kind.drawing.size());
    list.push_back(parse_stroke(kind.drawing.substr(i, end - i), kind.name));
    i = end + 1;
  }
  return list;
}

}  // namespace

Rgb named_colour(std::string_view name) {
  for (const Named& n : palette)
    if (n.name == name) return n.colour;
  fail(ErrorKind::internal, "scenes: there is no colour '{}'", name);
}

std::span<const Kind> kinds() {
  static const std::vector<Kind> all = [] {
    std::vector<Kind> list;
    for (const auto& part : {outdoor_kinds(), town_kinds(), small_kinds()}) list.insert(list.end(), part.begin(), part.end());
    return list;
  }();
  return all;
}

int kind_index(std::string_view name) {
  const auto all = kinds();
  for (size_t i = 0; i < all.size(); i++)
    if (all[i].name == name) return static_cast<int>(i);
  fail(ErrorKind::internal, "scenes: there is no thing '{}'", name);
}

const std::vector<Stroke>& strokes(int kind) {
  static const std::vector<std::vector<Stroke>> all = [] {
    std::vector<std::vector<Stroke>> list;
    for (const Kind& k : kinds()) list.push_back(parse(k));
    return list;
  }();
  return all[static_cast<size_t>(kind)];
}

}  // namespace ceir::scenes
