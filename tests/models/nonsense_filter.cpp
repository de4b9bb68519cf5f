// The filter that compares concepts with words that mean nothing.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

#include "kernels/base/random.h"
#include "models/concept_filters.h"
#include "tests/scratch.h"

using namespace ceir;
using ceir::test::message_of;

namespace {

Tensor normal(const Shape& shape, uint64_t seed) {
  Tensor t = Tensor::empty(shape, DType::f64);
  Random random(seed, "nonsense filter");
  for (double& x : t.span<double>()) x = random.normal();
  return t;
}

// A text space of 12 dimensions: nonsense words lie in the first 8 (with a large mean), two concepts likewise, "seen" (number
// 1) leaves them by a little, "elsewhere" (number 3) by much, but in a direction in which the pictures hardly differ.
struct Words {
  Tensor images = normal({300, 12}, 1), texts = normal({4, 12}, 2), nonsense = normal({200, 12}, 3);
  Words() {
    const auto flatten = [](Tensor& t) {
      for (int64_t r = 0; r < t.dim(0); r++)
        for (int64_t j = 0; j < 12; j++) {
          double& x = t.data<double>()[r * 12 + j];
          x = j < 8 ? x + (j == 0 ? 20 : 0) : 0.01 * x;
        }
    };
    flatten(texts), flatten(nonsense);
    texts.data<double>()[1 * 12 + 9] += 1;
    for (int64_t r = 0; r < 300; r++) images.data<double>()[r * 12 + 0] *= 0.1, images.data<double>()[r * 12 + 11] *= 1e-4;
    texts.data<double>()[3 * 12 + 11] += 1;
  }
};

}  // namespace

TEST_CASE("filter by nonsense: only what pictures answer to otherwise than to nonsense stays") {
  const Words w;
  const FilterResult r = filter_by_nonsense(w.images, w.texts, w.nonsense, {"a", "seen", "c", "elsewhere"}, 1.0);
  CHECK(r.kept == std::vector<int64_t>{1});
  REQUIRE(r.dropped.size() == 3);
  CHECK(r.dropped[2].concept_name == "elsewhere");
  for (const DroppedConcept& d : r.dropped) {
    CHECK(d.step == "nonsense");
    CHECK(d.value <= d.threshold);
    CHECK(d.value > 0.3);  // about 1 for one more nonsense word
  }
}

TEST_CASE("filter by nonsense: the quantile is the share of fresh nonsense that goes, and lengths do not matter") {
  const Words w;
  Tensor fresh = normal({400, 12}, 5), longer = w.images.clone();
  for (int64_t r = 0; r < 400; r++) fresh.data<double>()[r * 12] += 20;
  const Tensor nonsense = [] { Tensor t = normal({400, 12}, 6); for (int64_t r = 0; r < 400; r++) t.data<double>()[r * 12] += 20; return t; }();
  const std::vector<std::string> names(400, "word");
  const FilterResult r = filter_by_nonsense(w.images, fresh, nonsense, names, 0.9);
  CHECK(r.kept.size() > 20);  // 40 expected
  CHECK(r.kept.size() < 60);
  for (double& x : longer.span<double>()) x *= 8;  // a power of two: the same bits
  CHECK(filter_by_nonsense(longer, fresh, nonsense, names, 0.9).kept == r.kept);
}

TEST_CASE("filter by nonsense: fewer pictures than dimensions, and pictures all alike") {
  const Words w;
  const std::vector<std::string> names{"a", "seen", "c", "elsewhere"};
  CHECK(filter_by_nonsense(w.images.rows(0, 5), w.texts, w.nonsense, names, 1.0).dropped.size() >= 2);
  CHECK(filter_by_nonsense(Tensor::full({5, 12}, 1.0), w.texts, w.nonsense, names).kept.empty());
  CHECK(message_of([&] { filter_by_nonsense(w.images, w.texts, w.nonsense.rows(0, 5), names); }).find("at least 10") != std::string::npos);
  CHECK(message_of([&] { filter_by_nonsense(w.images, w.texts, w.nonsense, {"a"}); }).find("1 concepts, but features of 4") != std::string::npos);
}

TEST_CASE("nonsense words: different ones, the same for the same seed") {
  const auto words = nonsense_words(200, 1);
  CHECK(words.size() == 200);
  CHECK(words == nonsense_words(200, 1));
  CHECK(words != nonsense_words(200, 2));
  CHECK(std::set<std::string>(words.begin(), words.end()).size() == 200);
}

TEST_CASE("nonsense like the concepts: their letters, none of their words, and UTF-8 stays whole") {
  const std::vector<std::string> concepts{"red barn", "\u00e9tang gel\u00e9", "a"};
  const auto words = nonsense_like(concepts, 60, 1);
  CHECK(words == nonsense_like(concepts, 60, 1));
  CHECK(words.size() > 40);
  CHECK(std::set<std::string>(words.begin(), words.end()).size() == words.size());
  const auto sorted = [](std::string s) { std::ranges::sort(s); return s; };
  int64_t shuffled = 0;
  for (size_t i = 30; i < words.size(); i++) {
    CHECK(std::ranges::find(concepts, words[i]) == concepts.end());
    shuffled += sorted(words[i]) == sorted(concepts[0]) || sorted(words[i]) == sorted(concepts[1]);
  }
  CHECK(shuffled == static_cast<int64_t>(words.size()) - 30);
  CHECK(nonsense_like({}, 10, 1).size() == 5);
  CHECK(nonsense_like({"a", "b"}, 10, 1).size() == 5);  // nothing to shuffle
}
