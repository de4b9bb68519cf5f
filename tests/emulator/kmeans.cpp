// The ladders of k-means.
#include "kernels/kmeans/kmeans.h"

#include "kernels/kmeans/pack.h"
#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

namespace {

constexpr int64_t lanes = kmeans_block<float>;

// Packed points and centres, and scores in double.
struct Clouds {
  int64_t n, d, k, blocks;
  Doubles x, centers;
  std::vector<float> packed, norms, packed_centers, center_norms;

  Clouds(int64_t n_, int64_t d_, int64_t k_, double spread) : n(n_), d(d_), k(k_), blocks((n_ + lanes - 1) / lanes) {
    x = drawn(n * d, 1, -spread, spread), centers = drawn(k * d, 2, -spread, spread);
    if (k > 2)  // equal centres: the lower number wins
      std::copy(centers.begin(), centers.begin() + d, centers.begin() + d);
    packed.resize(static_cast<size_t>(blocks * lanes * d)), norms.resize(static_cast<size_t>(blocks * lanes));
    packed_centers.resize(centers.size()), center_norms.resize(static_cast<size_t>(k));
    const std::vector<double> shift(static_cast<size_t>(d), 0.0);
    const std::vector<float> x32 = to_float(x);
    kmeans_pack_points(x32.data(), nullptr, shift.data(), n, d, packed.data(), norms.data());
    kmeans_pack_centers(centers.data(), k, d, kmeans_tile, packed_centers.data(), center_norms.data());
  }
  double score(int64_t row, int64_t c) const {
    double sum = 0;
    for (int64_t j = 0; j < d; j++) {
      const double cj = centers[static_cast<size_t>(c * d + j)];
      sum += cj * (cj - 2 * x[static_cast<size_t>(row * d + j)]);
    }
    return sum;
  }
};

}  // namespace

TEST_CASE("kmeans_assign: every rung finds the nearest centre, the second, and the bounds of the tiles") {
  for (const auto& [n, d, k] : {std::array<int64_t, 3>{1, 1, 1}, {33, 31, 2}, {200, 33, 12}, {130, 70, 13}, {64, 128, 30}})
    for (const double spread : {1.0, 1e4}) {
      const Clouds c(n, d, k, spread);
      const int64_t tiles = (k + kmeans_tile - 1) / kmeans_tile, padded = c.blocks * lanes;
      const double tolerance = 3 * spread * spread * static_cast<double>(d * (d + 8)) * 0x1p-23;
      for (const auto& rung : rungs_of(kmeans_assign_variants)) {
        INFO(std::string(rung.name), " ", n, " points, ", d, " dimensions, ", k, " centres");
        in_schedules(n == 130 && spread == 1, [&] {
          const OnDevice<float> points(c.packed), centers(c.packed_centers), center_norms(c.center_norms);
          const auto size = static_cast<size_t>(padded);
          const OnDevice<int32_t> label(size), next_label(size), label_again(size);
          const OnDevice<float> score(size), next_score(size), score_again(size), tile_score(size * static_cast<size_t>(tiles));
          KMeansAssign<float> a{points, centers, center_norms, c.blocks, d, k, kmeans_tile, label, score, next_label, next_score};
          REQUIRE(rung.lacks(a) == nullptr);
          rung.run(a);
          a.label = label_again, a.score = score_again, a.next_label = nullptr, a.next_score = nullptr, a.tile_score = tile_score;
          rung.run(a);
          const auto labels = label.values();
          CHECK(labels == label_again.values());
          CHECK(score.values() == score_again.values());
          const auto scores = score.values(), next_scores = next_score.values(), bounds = tile_score.values();
          const auto next_labels = next_label.values();
          bool fine = true;
          for (int64_t i = 0; i < n; i++) {
            const auto at = static_cast<size_t>(i);
            Doubles all;
            for (int64_t q = 0; q < k; q++) all.push_back(c.score(i, q));
            const int32_t l = labels[at];
            REQUIRE((l >= 0 && l < k));
            if (k > 2) fine = fine && l != 1;  // centre 1 equals centre 0
            fine = fine && std::abs(static_cast<double>(scores[at]) - all[static_cast<size_t>(l)]) <= tolerance;
            fine = fine && all[static_cast<size_t>(l)] - *std::min_element(all.begin(), all.end()) <= 2 * tolerance;
            for (int64_t t = 0; t < tiles; t++) {
              double smallest = INFINITY;
              for (int64_t q = t * kmeans_tile; q < std::min(k, (t + 1) * kmeans_tile); q++)
                if (q != l) smallest = std::min(smallest, all[static_cast<size_t>(q)]);
              const auto found = static_cast<double>(bounds[static_cast<size_t>(t * padded + i)]);
              fine = fine && (std::isinf(smallest) ? std::isinf(found) : std::abs(found - smallest) <= tolerance);
            }
            all[static_cast<size_t>(l)] = INFINITY;
            const double second = *std::min_element(all.begin(), all.end());
            fine = fine && (k == 1 ? std::isinf(next_scores[at]) : std::abs(static_cast<double>(next_scores[at]) - second) <= tolerance);
            fine = fine && (k == 1 || next_labels[at] != l);
          }
          CHECK(fine);
          return scores;
        }, [](const std::vector<float>&) {});
      }
    }
}

TEST_CASE("kmeans_candidates: every rung gives the distances and the potentials, nothing beyond the points") {
  for (const auto& [n, d, m] : {std::array<int64_t, 3>{1, 1, 1}, {33, 31, 2}, {200, 33, 5}, {130, 70, 12}, {64, 128, 7}})
    for (const double spread : {1.0, 1e4}) {
      Clouds c(n, d, m, spread);
      kmeans_pack_centers(c.centers.data(), m, d, m, c.packed_centers.data(), c.center_norms.data());  // one tile
      const auto padded = static_cast<size_t>(c.blocks * lanes), candidates = static_cast<size_t>(m);
      std::vector<float> closest(padded);
      for (size_t i = 0; i < padded; i++) closest[i] = i >= static_cast<size_t>(n) ? 0 : i % 3 == 0 ? INFINITY : static_cast<float>(i % 5) * static_cast<float>(spread * spread);
      const double tolerance = 4 * spread * spread * static_cast<double>(d * (d + 8)) * 0x1p-23;
      for (const auto& rung : rungs_of(kmeans_candidates_variants)) {
        INFO(std::string(rung.name), " ", n, " points, ", d, " dimensions, ", m, " candidates");
        in_schedules(n == 130 && spread == 1, [&] {
          const OnDevice<float> points(c.packed), norms(c.norms), packed(c.packed_centers), candidate_norms(c.center_norms), before(closest), nearest(candidates * padded);
          const OnDevice<double> potential(candidates * static_cast<size_t>(c.blocks));
          rung.run({points, norms, packed, candidate_norms, before, c.blocks, d, m, nearest, potential});
          const auto got = nearest.values();
          const auto sums = potential.values();
          bool fine = true;
          for (int64_t q = 0; q < m; q++)
            for (int64_t b = 0; b < c.blocks; b++) {
              double sum = 0;
              for (int64_t i = b * lanes; i < (b + 1) * lanes; i++) {
                const auto value = static_cast<double>(got[static_cast<size_t>(q) * padded + static_cast<size_t>(i)]);
                sum += value;
                double want = 0, own = 0;
                if (i < n) {
                  for (int64_t j = 0; j < d; j++) own += c.x[static_cast<size_t>(i * d + j)] * c.x[static_cast<size_t>(i * d + j)];
                  want = std::max(0.0, std::min(static_cast<double>(closest[static_cast<size_t>(i)]), own + c.score(i, q)));
                }
                fine = fine && std::abs(value - want) <= tolerance && value >= 0;
              }
              fine = fine && std::abs(sums[static_cast<size_t>(q * c.blocks + b)] - sum) <= 1e-13 * sum;
            }
          CHECK(fine);
          return got;
        }, [](const std::vector<float>&) {});
      }
    }
}

TEST_CASE("kmeans_update: every rung gives the CPU's bits, clusters without rows included") {
  for (const auto& [n, d, k] : {std::array<int64_t, 3>{0, 3, 2}, {1, 1, 1}, {31, 32, 3}, {33, 31, 50}, {1000, 5, 7}, {2049, 33, 4}, {300, 2, 192}, {100, 2, 193}})
    for (const bool shifted : {true, false}) {
      const Doubles x = drawn(n * d, 3, -1e3, 1e3), shift = drawn(d, 4);
      std::vector<int32_t> label;
      for (int64_t i = 0; i < n; i++) label.push_back(static_cast<int32_t>(i * i % 7 % std::max<int64_t>(1, k - 1)));
      const auto size = static_cast<size_t>(k * d), centers = static_cast<size_t>(k);
      Doubles want(size, 7);
      std::vector<int64_t> want_counts(centers, 7);
      const std::vector<float> x32 = to_float(x);
      kmeans_update_variants.variants().back().run({x32.data(), shifted ? shift.data() : nullptr, label.data(), n, d, k, want.data(), want_counts.data()});
      for (const auto& rung : rungs_of(kmeans_update_variants)) {
        INFO(std::string(rung.name), " ", n, " points, ", d, " dimensions, ", k, " centres");
        in_schedules(n == 2049, [&] {
          const OnDevice<float> points(x32);
          const OnDevice<double> by(shift), sums(size);
          const OnDevice<int32_t> labels(label);
          const OnDevice<int64_t> counts(centers);
          const KMeansUpdate<float> a{points, shifted ? by.get() : nullptr, labels, n, d, k, sums, counts};
          if (const char* reason = rung.lacks(a)) {
            CHECK(k == 193);
            CHECK(std::string(reason) == "there are more centres than fit 48 KiB of shared memory");
            return std::vector<float>();
          }
          rung.run(a);
          CHECK(same_bits<double>({sums.values()}, {want}));
          CHECK(counts.values() == want_counts);
          return std::vector<float>();
        }, [](const std::vector<float>&) {});
      }
    }
}

TEST_CASE("kmeans_step: every rung labels as kmeans_assign does and adds up what it labelled, to the bit but for atomics") {
  for (const auto& [n, d, k] : {std::array<int64_t, 3>{1, 1, 1}, {33, 31, 2}, {200, 130, 12}, {130, 70, 13}, {1100, 5, 30}, {40, 130, 50}}) {
    const Clouds c(n, d, k, 1);
    const auto padded = static_cast<size_t>(c.blocks * lanes), size = static_cast<size_t>(k * d), centers = static_cast<size_t>(k);
    for (const auto& rung : rungs_of(kmeans_step_variants)) {
      const bool atomics = std::string(rung.name).ends_with("atomics");
      INFO(std::string(rung.name), " ", n, " points, ", d, " dimensions, ", k, " centres");
      for (const emulator::Schedule& schedule : schedules(n == 130)) {
        const UseEmulator use({.schedule = schedule});
        const OnDevice<float> points(c.packed), packed(c.packed_centers), norms(c.center_norms), score(padded), score_alone(padded);
        const OnDevice<int32_t> label(padded), label_alone(padded);
        const OnDevice<double> sums(size);
        const OnDevice<int64_t> counts(centers);
        KMeansAssign<float> a{points, packed, norms, c.blocks, d, k, kmeans_tile, label, score};
        if (const char* reason = rung.lacks({a, n, sums, counts})) {
          CHECK(k * (d + 1) > 5888);
          CHECK(std::string(reason) == "the sums of all centres do not fit 46 KiB of shared memory");
          continue;
        }
        rung.run({a, n, sums, counts});
        a.label = label_alone, a.score = score_alone;
        rungs_of(kmeans_assign_variants).front().run(a);
        CHECK(label.values() == label_alone.values());
        CHECK(score.values() == score_alone.values());
        // The sums of those labels, as KMeansUpdate makes them.
        std::vector<float> x32 = to_float(c.x);
        const std::vector<int32_t> labels = label.values();
        Doubles want(size);
        std::vector<int64_t> want_counts(centers);
        kmeans_update_variants.variants().back().run({x32.data(), nullptr, labels.data(), n, d, k, want.data(), want_counts.data()});
        CHECK(counts.values() == want_counts);
        const Doubles got = sums.values();
        if (!atomics) CHECK(same_bits<double>({got}, {want}));
        for (size_t i = 0; i < size; i++) CHECK(std::abs(got[i] - want[i]) <= 1e-13 * static_cast<double>(n));
      }
    }
  }
}

TEST_CASE("kmeans_step: atomics are taken by name alone, and the reference labels and adds") {
  const UseEmulator use;
  const Clouds c(70, 9, 3, 1);
  std::vector<int32_t> label(static_cast<size_t>(c.blocks * lanes));
  std::vector<float> score(label.size());
  Doubles sums(27), want(27);
  std::vector<int64_t> counts(3), want_counts(3);
  const KMeansStep<float> step{{c.packed.data(), c.packed_centers.data(), c.center_norms.data(), c.blocks, 9, 3, kmeans_tile, label.data(), score.data()}, 70, sums.data(), counts.data()};
  CHECK(std::string(kmeans_step_variants.choose(step, Device::cuda).name) == "cuda.v3");
  {
    const KernelChoice atomics("kmeans_step", "cuda.v4.atomics");
    CHECK(std::string(kmeans_step_variants.choose(step, Device::cuda).name) == "cuda.v4.atomics");
  }
  kmeans_step_variants(step);
  const std::vector<float> x32 = to_float(c.x);
  kmeans_update_variants.variants().back().run({x32.data(), nullptr, label.data(), 70, 9, 3, want.data(), want_counts.data()});
  CHECK(sums == want);
  CHECK(counts == want_counts);
}
