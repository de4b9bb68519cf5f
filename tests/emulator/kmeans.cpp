// The ladder of the k-means assignment.
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
