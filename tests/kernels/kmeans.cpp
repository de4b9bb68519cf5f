#include "kernels/kmeans/kmeans.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/base/random.h"
#include "kernels/base/threads.h"
#include "kernels/kmeans/pack.h"

using namespace ceir;

namespace {

template <class T>
struct Problem {
  int64_t n, d, k, tile = kmeans_tile_of(k), blocks = kmeans_blocks<T>(n), padded = blocks * kmeans_block<T>;
  std::vector<T> x, packed, norms, centers, packed_centers, center_norms;

  Problem(int64_t n_, int64_t d_, int64_t k_) : n(n_), d(d_), k(k_) {
    Random random(7, "kmeans test", static_cast<uint64_t>(n * 1000 + d * 50 + k));
    for (int64_t i = 0; i < n * d; i++) x.push_back(static_cast<T>(random.normal()));
    std::vector<double> wide;
    for (int64_t i = 0; i < k * d; i++) wide.push_back(static_cast<double>(static_cast<T>(random.normal())));
    for (const double c : wide) centers.push_back(static_cast<T>(c));
    packed.resize(static_cast<size_t>(padded * d)), norms.resize(static_cast<size_t>(padded));
    packed_centers.resize(wide.size()), center_norms.resize(static_cast<size_t>(k));
    const std::vector<double> shift(static_cast<size_t>(d), 0.0);
    kmeans_pack_points(x.data(), nullptr, shift.data(), n, d, packed.data(), norms.data());
    kmeans_pack_centers(wide.data(), k, d, tile, packed_centers.data(), center_norms.data());
  }

  double score(int64_t row, int64_t c) const {  // |c|^2 - 2 x.c
    double sum = 0;
    for (int64_t j = 0; j < d; j++) {
      const double cj = static_cast<double>(centers[static_cast<size_t>(c * d + j)]);
      sum += cj * (cj - 2 * static_cast<double>(x[static_cast<size_t>(row * d + j)]));
    }
    return sum;
  }

  // How far a kernel's score may be from it: products of length d, unit roundoff, sizes of the factors.
  double tolerance() const {
    double most = 0;
    for (const T norm : center_norms) most = std::max(most, static_cast<double>(norm));
    for (const T norm : norms) most = std::max(most, static_cast<double>(norm));
    return 3 * most * static_cast<double>(d + 8) * static_cast<double>(std::numeric_limits<T>::epsilon());
  }

  KMeansAssign<T> args(std::vector<int32_t>& label, std::vector<T>& score) const {
    label.assign(static_cast<size_t>(padded), -1), score.assign(static_cast<size_t>(padded), 0);
    return {packed.data(), packed_centers.data(), center_norms.data(), blocks, d, k, tile, label.data(), score.data()};
  }
};

template <class T, class Body>
void with_every_variant(const Table<T>& table, const T& args, const Body& body) {
  for (const auto& v : table.variants()) {
    if (v.lacks(args)) continue;
    CAPTURE(v.name);
    body(v);
  }
}

template <class T>
void check_assign(const Table<KMeansAssign<T>>& table, int64_t n, int64_t d, int64_t k) {
  CAPTURE(n);
  CAPTURE(d);
  CAPTURE(k);
  const Problem<T> p(n, d, k);
  std::vector<int32_t> label, next_label(static_cast<size_t>(p.padded));
  std::vector<T> score, next_score(static_cast<size_t>(p.padded));
  KMeansAssign<T> plain = p.args(label, score), with_next = plain, with_tiles = plain;
  with_next.next_label = next_label.data(), with_next.next_score = next_score.data();
  const int64_t tiles = (k + p.tile - 1) / p.tile;
  std::vector<T> tile_score(static_cast<size_t>(tiles * p.padded), -1);
  with_tiles.tile_score = tile_score.data();
  const double tolerance = p.tolerance();
  with_every_variant(table, plain, [&](const auto& v) {
    v.run(plain);
    const std::vector<int32_t> labels = label;
    const std::vector<T> scores = score;
    v.run(with_next);
    CHECK(label == labels);
    CHECK(score == scores);
    v.run(with_tiles);
    CHECK(label == labels);
    CHECK(score == scores);
    for (int64_t i = 0; i < n; i++) {
      const auto at = static_cast<size_t>(i);
      std::vector<double> all;
      for (int64_t c = 0; c < k; c++) all.push_back(p.score(i, c));
      REQUIRE(labels[at] >= 0);
      REQUIRE(labels[at] < k);
      CHECK(std::abs(static_cast<double>(scores[at]) - all[static_cast<size_t>(labels[at])]) <= tolerance);
      CHECK(all[static_cast<size_t>(labels[at])] - *std::min_element(all.begin(), all.end()) <= 2 * tolerance);
      for (int64_t t = 0; t < tiles; t++) {
        double smallest = std::numeric_limits<double>::infinity();
        for (int64_t c = t * p.tile; c < std::min(k, (t + 1) * p.tile); c++)
          if (c != labels[at]) smallest = std::min(smallest, all[static_cast<size_t>(c)]);
        const double found = static_cast<double>(tile_score[static_cast<size_t>(t * p.padded + i)]);
        CHECK((std::isinf(smallest) ? std::isinf(found) : std::abs(found - smallest) <= tolerance));
      }
      all[static_cast<size_t>(labels[at])] = std::numeric_limits<double>::infinity();
      if (k == 1) {
        CHECK(std::isinf(next_score[at]));
        continue;
      }
      CHECK(next_label[at] != labels[at]);
      CHECK(std::abs(static_cast<double>(next_score[at]) - all[static_cast<size_t>(next_label[at])]) <= tolerance);
      CHECK(all[static_cast<size_t>(next_label[at])] - *std::min_element(all.begin(), all.end()) <= 2 * tolerance);
    }
  });
}

template <class T>
void check_candidates(const Table<KMeansCandidates<T>>& table, int64_t n, int64_t d, int64_t m) {
  CAPTURE(n);
  CAPTURE(d);
  CAPTURE(m);
  const Problem<T> p(n, d, m);
  std::vector<T> closest(static_cast<size_t>(p.padded), 0), nearest(static_cast<size_t>(m * p.padded));
  std::vector<double> potential(static_cast<size_t>(m * p.blocks));
  for (int64_t i = 0; i < n; i++) closest[static_cast<size_t>(i)] = i % 3 == 0 ? T(0.25) : std::numeric_limits<T>::infinity();
  const KMeansCandidates<T> args{p.packed.data(), p.norms.data(), p.packed_centers.data(), p.center_norms.data(),
                                 closest.data(),  p.blocks,       d, m, nearest.data(), potential.data()};
  with_every_variant(table, args, [&](const auto& v) {
    v.run(args);
    for (int64_t q = 0; q < m; q++)
      for (int64_t b = 0; b < p.blocks; b++) {
        double sum = 0;
        for (int64_t i = b * kmeans_block<T>; i < (b + 1) * kmeans_block<T>; i++) {
          const double found = static_cast<double>(nearest[static_cast<size_t>(q * p.padded + i)]);
          sum += found;
          if (i >= n) CHECK(found == 0);
          if (i >= n) continue;
          const double distance = std::max(0.0, p.score(i, q) + static_cast<double>(p.norms[static_cast<size_t>(i)]));
          CHECK(std::abs(found - std::min(static_cast<double>(closest[static_cast<size_t>(i)]), distance)) <= p.tolerance());
        }
        CHECK(potential[static_cast<size_t>(q * p.blocks + b)] == doctest::Approx(sum).epsilon(1e-12));
      }
  });
}

}  // namespace

TEST_CASE("k-means: every variant finds the nearest, the next and each tile's nearest centre") {
  for (const int64_t n : {1, 15, 33, 70})
    for (const int64_t d : {1, 3, 40})
      for (const int64_t k : {1, 2, 5, 6, 7, 11, 12, 13, 25}) {
        check_assign(kmeans_assign_variants, n, d, k);
        check_assign(kmeans_assign_f64_variants, n, d, k);
      }
}

TEST_CASE("k-means: equal centres go to the lowest number") {
  const int64_t n = 40, d = 3, k = 14;
  Problem<float> p(n, d, k);
  std::vector<double> same(static_cast<size_t>(k * d), 0.5);
  kmeans_pack_centers(same.data(), k, d, p.tile, p.packed_centers.data(), p.center_norms.data());
  std::vector<int32_t> label;
  std::vector<float> score;
  const auto args = p.args(label, score);
  with_every_variant(kmeans_assign_variants, args, [&](const auto& v) {
    v.run(args);
    CHECK(std::count(label.begin(), label.begin() + n, 0) == n);
  });
}

TEST_CASE("k-means: every variant measures candidates, and padding adds nothing") {
  for (const int64_t n : {1, 32, 45})
    for (const int64_t d : {1, 17})
      for (const int64_t m : {1, 2, 3, 4, 5, 6, 7, 12}) {
        check_candidates(kmeans_candidates_variants, n, d, m);
        check_candidates(kmeans_candidates_f64_variants, n, d, m);
      }
}

TEST_CASE("k-means: a row's label and score do not depend on its block") {
  const Problem<float> p(70, 19, 9);
  std::vector<int32_t> label, one_label;
  std::vector<float> score, one_score;
  kmeans_assign(p.args(label, score));
  const std::vector<double> shift(19, 0.0);
  for (const int64_t row : {0, 31, 69}) {
    Problem<float> one = p;
    one.n = 1, one.blocks = 1, one.padded = kmeans_block<float>;
    kmeans_pack_points(p.x.data(), &row, shift.data(), 1, p.d, one.packed.data(), one.norms.data());
    kmeans_assign(one.args(one_label, one_score));
    CHECK(one_label[0] == label[static_cast<size_t>(row)]);
    CHECK(one_score[0] == score[static_cast<size_t>(row)]);
  }
}

TEST_CASE("k-means: sums and counts of every cluster, the same bits for any number of threads") {
  const int64_t n = 3000, d = 37, k = 5;
  Random random(6, "update");
  std::vector<float> x;
  std::vector<double> shift;
  std::vector<int32_t> label;
  for (int64_t i = 0; i < n * d; i++) x.push_back(static_cast<float>(random.normal()));
  for (int64_t j = 0; j < d; j++) shift.push_back(random.normal());
  for (int64_t i = 0; i < n; i++) label.push_back(static_cast<int32_t>(random.below(4)));  // nothing in the last
  std::vector<double> want(static_cast<size_t>(k * d), 0.0);
  std::vector<int64_t> want_counts(5, 0);
  for (int64_t i = 0; i < n; i++) {
    want_counts[static_cast<size_t>(label[static_cast<size_t>(i)])]++;
    for (int64_t j = 0; j < d; j++)
      want[static_cast<size_t>(label[static_cast<size_t>(i)] * d + j)] += static_cast<double>(x[static_cast<size_t>(i * d + j)]) - shift[static_cast<size_t>(j)];
  }
  std::vector<std::vector<double>> of_threads;
  for (const int threads : {1, 2}) {
    set_thread_count(threads);
    std::vector<double> sums(want.size(), 7.0);
    std::vector<int64_t> counts(5, 7);
    kmeans_update(KMeansUpdate<float>{x.data(), shift.data(), label.data(), n, d, k, sums.data(), counts.data()});
    CHECK(counts == want_counts);
    for (size_t i = 0; i < want.size(); i++) CHECK(sums[i] == doctest::Approx(want[i]).epsilon(1e-12));
    of_threads.push_back(sums);
  }
  set_thread_count(0);
  CHECK(of_threads[0] == of_threads[1]);
}
