// Worked out by hand.
#include <doctest/doctest.h>

#include <cmath>

#include "kernels/base/error.h"
#include "models/explanation_scores.h"

using namespace ceir;

namespace {

using Ranking = std::vector<int64_t>;
using Rankings = std::vector<Ranking>;

Tensor seen(const std::vector<std::vector<int>>& rows) {
  std::vector<uint8_t> flat;
  for (const auto& row : rows)
    for (const int v : row) flat.push_back(static_cast<uint8_t>(v));
  return Tensor::from(flat, {static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows[0].size())});
}

Tensor numbers(const Ranking& v) { return Tensor::from(v, {static_cast<int64_t>(v.size())}); }

}  // namespace

TEST_CASE("relevant: half of the cluster and one and a half times as often as overall") {
  // Eight pictures, clusters of four. Shares in cluster 0, in cluster 1, overall:
  // a: 4/4, 0/4, 1/2 -> lift 2 in 0         b: 4/4, 4/4, 1 -> lift 1 in both
  // c: 2/4, 0/4, 1/4 -> just half, lift 2   d: 1/4, 0, 1/8 -> lift 2, but too seldom
  // e: 3/4, 1/4, 1/2 -> lift exactly 1.5    f: 1/4, 2/4, 3/8 -> lift 1.33 in 1
  const Tensor truth = seen({{1, 1, 1, 1, 1, 1}, {1, 1, 1, 0, 1, 0}, {1, 1, 0, 0, 1, 0}, {1, 1, 0, 0, 0, 0},
                             {0, 1, 0, 0, 1, 1}, {0, 1, 0, 0, 0, 1}, {0, 1, 0, 0, 0, 0}, {0, 1, 0, 0, 0, 0}});
  const auto r = relevant_attributes(truth, numbers({0, 0, 0, 0, 1, 1, 1, 1}), 3);
  CHECK(r == Rankings{{0, 2, 4}, {}, {}});  // the third cluster is empty
  CHECK_THROWS_AS(relevant_attributes(truth, numbers({0, 0, 0, 0, 1, 1, 1, 3}), 3), Error);
  CHECK_THROWS_AS(relevant_attributes(truth, numbers({0, 0, 0, 0, 1, 1, 1, -1}), 3), Error);
  CHECK_THROWS_AS(relevant_attributes(truth, numbers({0, 0}), 3), Error);
}

TEST_CASE("precision: among as many places as there are things to name, five at most") {
  const Ranking same{0, 1, 2, 3, 4, 5, 6};
  CHECK(precision_at_5({0, 1, 2, 3, 4, 5}, same, {1}) == 0.0);  // one place, and the first entry is another
  CHECK(precision_at_5({1, 0, 2, 3, 4, 5}, same, {1}) == 1.0);
  CHECK(precision_at_5({1, 0, 2, 3, 4, 5}, same, {1, 2}) == 0.5);
  CHECK(precision_at_5({0, 1, 2, 3, 4, 5}, same, {0, 1, 2, 3, 5, 6}) == 4.0 / 5);  // six things, five places
  CHECK(precision_at_5({0, 1}, same, {0, 1, 2, 3}) == 0.5);                        // a short ranking leaves places empty
  CHECK(precision_at_5({}, same, {0}) == 0.0);
  CHECK(precision_at_5({0, 1}, {-1, 3}, {3, 4}) == 0.5);  // the first concept is no attribute
  CHECK(std::isnan(precision_at_5({0}, same, {})));
}

TEST_CASE("precision of explanations: clusters and pictures without truth are left out and counted") {
  // Attributes a, b, c, d; concepts: d, a zebra (no attribute), a. b and c were dropped and count all the same.
  const Ranking of = attribute_of_concepts({"d", "zebra", "a"}, {"a", "b", "c", "d"});
  REQUIRE(of == Ranking{3, -1, 0});
  const Tensor truth = seen({{1, 1, 0, 0}, {1, 1, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 1}, {0, 0, 0, 0}, {0, 0, 0, 0}});
  const Tensor clusters = numbers({0, 0, 1, 1, 2, 2});
  // R: {a, b} for 0, {d} for 1 (half of it, lift 3), nothing for 2.
  const Rankings by_cluster{{2, 0, 1}, {1, 0, 2}, {0, 1, 2}};
  const Rankings by_image{{2, 1, 0}, {1, 0, 2}, {0, 1, 2}, {0, 1, 2}, {0, 1, 2}, {0, 1, 2}};
  const ExplanationPrecision p = explanation_precision(by_cluster, by_image, of, truth, clusters);
  CHECK(p.cluster == (0.5 + 0.0) / 2);  // a among two places; the zebra in the only one
  CHECK(p.clusters_without_truth == 1);
  CHECK(p.image == (0.5 + 0.0 + 1.0) / 3);
  CHECK(p.images_without_truth == 3);
  CHECK_THROWS_AS(explanation_precision(by_cluster, {}, of, truth, clusters), Error);

  const ExplanationPrecision none = explanation_precision(by_cluster, by_image, of, seen({{0}, {0}, {0}, {0}, {0}, {0}}), clusters);
  CHECK(std::isnan(none.cluster));
  CHECK(std::isnan(none.image));
  CHECK(none.clusters_without_truth == 3);
}

TEST_CASE("rankings of pictures: signed, the earlier of equal ones first") {
  const Tensor c = Tensor::from<float>({0.1f, -0.9f, 0.5f, 0.1f, -1, -1, -1, 0}, {2, 4});
  CHECK(rank_contributions(c) == Rankings{{2, 0, 3, 1}, {3, 0, 1, 2}});
}

TEST_CASE("what the filters did with attributes and distractors") {
  const std::vector<std::string> attributes{"a", "b", "c", "never asked for"}, distractors{"x", "y", "z", "w", "v"};
  const FilterTruth t = filter_truth({"a", "b", "c", "x", "y", "z", "w", "other"}, {"b", "z", "other"}, attributes, distractors);
  CHECK(t.attributes_kept == doctest::Approx(1.0 / 3).epsilon(1e-15));
  CHECK(t.distractors_dropped == doctest::Approx(3.0 / 4).epsilon(1e-15));
  const FilterTruth unknown = filter_truth({"a"}, {"a"}, attributes, distractors);
  CHECK(unknown.attributes_kept == 1.0);
  CHECK(std::isnan(unknown.distractors_dropped));
}
