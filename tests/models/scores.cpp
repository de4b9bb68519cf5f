#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/base/random.h"
#include "models/assignment.h"
#include "models/choose_k.h"
#include "models/metrics.h"
#include "models/silhouette.h"

using namespace ceir;

namespace {

Tensor labels(const std::vector<int64_t>& v) { return Tensor::from(v, {static_cast<int64_t>(v.size())}); }

}  // namespace

TEST_CASE("assignment: as cheap as the best of all permutations") {
  Random random(3, "assignment");
  for (int trial = 0; trial < 60; trial++) {
    const int64_t rows = 1 + static_cast<int64_t>(random.below(6)), columns = 1 + static_cast<int64_t>(random.below(6));
    const bool ties = trial % 2;
    std::vector<double> cost;
    for (int64_t i = 0; i < rows * columns; i++)
      cost.push_back(ties ? static_cast<double>(random.below(4)) - 2 : 1e9 * random.normal());
    const Matching m = solve_assignment(Tensor::from(cost, {rows, columns}));
    std::vector<int64_t> order(static_cast<size_t>(std::max(rows, columns)));
    std::iota(order.begin(), order.end(), 0);
    double best = INFINITY;
    do {
      double total = 0;
      for (int64_t i = 0; i < std::min(rows, columns); i++) {
        const int64_t other = order[static_cast<size_t>(i)];
        total += rows <= columns ? cost[static_cast<size_t>(i * columns + other)] : cost[static_cast<size_t>(other * columns + i)];
      }
      best = std::min(best, total);
    } while (std::next_permutation(order.begin(), order.end()));
    CHECK(m.total == doctest::Approx(best).epsilon(1e-12));
    CHECK(static_cast<int64_t>(m.rows.size()) == std::min(rows, columns));
  }
}

TEST_CASE("assignment: nothing to match, and costs that are no numbers") {
  CHECK(solve_assignment(Tensor::zeros({0, 3}, DType::f64)).rows.empty());
  CHECK(solve_assignment(Tensor::zeros({3, 0}, DType::f64)).rows.empty());
  Tensor bad = Tensor::zeros({2, 2}, DType::f64);
  bad.data<double>()[3] = NAN;
  CHECK_THROWS_AS(solve_assignment(bad), Error);
}

TEST_CASE("scores: by hand, with gaps and negative labels") {
  // clusters 7: {a a b}, -2: {b b}, 100: {c}; classes a = 5, b = -9, c = 3
  const Scores s = score_clusters(labels({7, 7, 7, -2, -2, 100}), labels({5, 5, -9, -9, -9, 3}));
  CHECK(s.acc == doctest::Approx(5.0 / 6));
  CHECK(s.purity == doctest::Approx(5.0 / 6));
  CHECK(s.n == 6);
  using Pair = std::pair<int64_t, int64_t>;
  CHECK(s.matching == std::vector<Pair>{{-2, -9}, {7, 5}, {100, 3}});
  // pairs together in both: C(2,2) + C(2,2) = 2; rows 3 + 1 = 4, columns 1 + 3 = 4, all 15
  CHECK(s.ari == doctest::Approx((2 - 16.0 / 15) / (4 - 16.0 / 15)));
}

TEST_CASE("scores: conventions where there is nothing to tell apart") {
  const Scores single = score_clusters(labels({4}), labels({9}));
  CHECK(single.acc == 1);
  CHECK(single.nmi == 1);
  CHECK(single.ari == 1);
  CHECK(single.purity == 1);
  const Scores both = score_clusters(labels({1, 1, 1}), labels({2, 2, 2}));
  CHECK(both.acc == 1);
  CHECK(both.nmi == 1);
  CHECK(both.ari == 1);
  const Scores one = score_clusters(labels({1, 1, 1, 1}), labels({0, 0, 1, 1}));
  CHECK(one.acc == 0.5);
  CHECK(one.nmi == 0);
  CHECK(one.ari == 0);
  const Scores singletons = score_clusters(labels({0, 1, 2}), labels({5, 3, 4}));
  CHECK(singletons.acc == 1);
  CHECK(singletons.nmi == doctest::Approx(1));
  CHECK(singletons.ari == 1);
}

TEST_CASE("scores: pair counts beyond 32 bits") {
  std::vector<int64_t> a(200000), b(200000);
  for (size_t i = 0; i < a.size(); i++) a[i] = static_cast<int64_t>(i / 100000), b[i] = a[i];
  b[0] = 1;
  const Scores s = score_clusters(labels(a), labels(b));
  // 2 errors in pairs of 1e5: the index stays 1 - 4/n to first order
  CHECK(s.ari == doctest::Approx(1 - 4.0 / 200000).epsilon(1e-6));
  CHECK(s.acc == doctest::Approx(1 - 1.0 / 200000));
}

TEST_CASE("scores: labels that do not belong together are refused") {
  CHECK_THROWS_AS(score_clusters(labels({1, 2}), labels({1})), Error);
  CHECK_THROWS_AS(score_clusters(labels({}), labels({})), Error);
  CHECK_THROWS_AS(score_clusters(Tensor::zeros({2}), labels({1, 2})), Error);
  std::vector<int64_t> many(10000);
  std::iota(many.begin(), many.end(), 0);
  CHECK_THROWS_AS(score_clusters(labels(many), labels(many)), Error);
}

TEST_CASE("silhouette: by hand") {
  // rows 0 and 1 together, 4 alone: a = 1; b = 4 and 3; a cluster of one counts 0
  const Tensor x = Tensor::from(std::vector<double>{0, 1, 4}, {3, 1});
  CHECK(silhouette(x, labels({8, 8, 3})) == doctest::Approx((3.0 / 4 + 2.0 / 3 + 0) / 3));
  CHECK(silhouette(x, labels({1, 1, 1})) == 0);
  CHECK(silhouette(Tensor::zeros({4, 2}), labels({0, 0, 1, 1})) == 0);
  CHECK_THROWS_AS(silhouette(x, labels({1, 2})), Error);
}

TEST_CASE("choosing k: finds clear clouds, and says 1 where there is nothing to choose") {
  Random random(5, "clouds");
  Tensor x = Tensor::empty({300, 3}, DType::f32);
  for (int64_t i = 0; i < 300; i++)
    for (int64_t j = 0; j < 3; j++)
      x.data<float>()[i * 3 + j] = static_cast<float>(random.normal() + 12 * static_cast<double>((i % 5) >> j & 1) * (j + 1));
  ChooseKOptions options;
  options.most = 8;
  const ChosenClusters chosen = choose_clusters(x, options);
  CHECK(chosen.clusters == 5);
  REQUIRE(chosen.tried.size() == 7);
  CHECK(chosen.tried[3].stability == doctest::Approx(1));
  for (size_t i = 1; i < chosen.tried.size(); i++) CHECK(chosen.tried[i].k == chosen.tried[i - 1].k + 1);
  options.silhouette_rows = 100;
  CHECK(choose_clusters(x, options).clusters == 5);

  CHECK(choose_clusters(Tensor::full({20, 2}, 1.5)).clusters == 1);
  CHECK(choose_clusters(x.rows(0, 2)).clusters == 1);
  CHECK(choose_clusters(x.rows(0, 4)).tried.size() >= 1);
  CHECK_THROWS_AS(choose_clusters(x.rows(0, 0)), Error);
  x.data<float>()[5] = NAN;
  CHECK_THROWS_AS(choose_clusters(x), Error);
}
