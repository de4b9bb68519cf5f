// Captions: some of what is visible, in simple English.
//   caption = [opening] fact {", " fact} [" and " fact] [setting]
//   fact    = thing | bare attribute;  thing = [article] [colour] name ["with" pattern]
//   setting = "at night", "in the rain", ... when time or weather is among the facts
#include <algorithm>

#include "data/scenes/composition.h"
#include "kernels/base/random.h"

namespace ceir::scenes {
namespace {

constexpr std::string_view settings[] = {"in daylight", "at dawn", "at sunset", "at night", "under a clear sky",
                                         "under clouds", "in the rain", "in falling snow", "in the fog", "in a thunderstorm"};
constexpr std::string_view openings[] = {"a picture of ", "a photo of ", "a drawing of ", "here: ", "a small picture with "};

std::string with_article(std::string_view phrase, std::string_view article) {
  if (article.empty()) return std::string(phrase);
  const bool vowel = std::string_view("aeiou").find(phrase[0]) != std::string_view::npos;
  return (vowel ? "an " : "a ") + std::string(phrase);
}

// A visible thing with this attribute whose colour can be seen as well, or null.
const Element* seen_element(const Composition& c, const std::array<int, 256>& left, const Canvas& canvas, int attribute, int accent) {
  for (size_t i = c.elements.size(); i-- > 0;) {
    const Element& e = c.elements[i];
    const size_t id = 2 * (i + 1);
    if (e.kind < 0 || (attribute >= 0 && e.attribute != attribute) || (accent >= 0 && e.accent != accent)) continue;
    if (left[id + 1] >= 48 && visible(left[id] + left[id + 1], canvas.owned(static_cast<int>(i) + 1))) return &e;
  }
  return nullptr;
}

std::string describe(const Element& e, Random& random) {
  const Kind& k = kinds()[static_cast<size_t>(e.kind)];
  std::string phrase(k.name);
  if (e.accent >= 0) phrase = std::string(accent_name(e.accent)) + " " + phrase;
  if (random.chance(0.8)) phrase = with_article(phrase, k.article);
  if (e.pattern != Pattern::plain && random.chance(0.4))
    phrase += e.pattern == Pattern::stripes ? " with stripes" : e.pattern == Pattern::dots ? " with polka dots" : " with a checked pattern";
  return phrase;
}

}  // namespace

std::string caption(const Composition& c, const Canvas& canvas, const std::vector<int64_t>& seen, uint64_t seed, uint64_t index,
                    int variant) {
  Random random(seed, variant == 0 ? "scenes.caption" : "scenes.caption." + std::to_string(variant), index);
  const std::array<int, 256> left = canvas.visible();
  std::vector<int64_t> facts = seen;
  random.shuffle(facts);
  const bool single = random.chance(0.15);
  const size_t wanted = single ? 1 : 2 + random.below(5);
  if (facts.size() > wanted) facts.resize(wanted);
  std::vector<std::string> parts;
  std::string setting;
  for (const int64_t fact : facts) {
    const int a = static_cast<int>(fact), accent = a - attribute_of_accent(0);
    const std::string& name = attributes()[static_cast<size_t>(a)];
    const bool is_accent = accent >= 0 && accent < accents, is_thing = a >= attribute_of_kind(0);
    const Element* e = nullptr;
    if (a < static_cast<int>(std::size(settings)) && !single && setting.empty() && random.chance(0.6)) {
      setting = settings[a];
    } else if (is_accent && random.chance(0.5) && (e = seen_element(c, left, canvas, -1, accent))) {
      parts.push_back(describe(*e, random));
    } else if (is_thing && random.chance(0.65) && (e = seen_element(c, left, canvas, a, -1))) {
      parts.push_back(describe(*e, random));
    } else if (is_thing && random.chance(0.6)) {
      parts.push_back(with_article(name, kinds()[static_cast<size_t>(a - attribute_of_kind(0))].article));
    } else {
      parts.push_back(name);
    }
  }
  if (random.chance(0.05)) parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(random.below(parts.size() + 1)),
                                        with_article(distractors()[random.below(distractors().size() / 2)], "a"));
  std::string text;
  if (!parts.empty() && random.chance(0.3)) text = openings[random.below(std::size(openings))];
  for (size_t i = 0; i < parts.size(); i++) text += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
  if (!setting.empty()) text += (text.empty() ? "" : " ") + setting;
  return text;
}

}  // namespace ceir::scenes
