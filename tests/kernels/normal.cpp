#include "kernels/normal/normal.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "kernels/base/portable_math.h"
#include "kernels/base/threads.h"

using namespace ceir;

TEST_CASE("normal numbers: Box-Muller of the stream's words, to float accuracy") {
  Random words(7, "normal");
  const Random random(7, "normal");
  std::vector<float> x(1000);
  fill_normal(random, x.data(), 1000);
  for (size_t i = 0; i < x.size(); i += 2) {
    const double u = (static_cast<double>(words.bits32() >> 8) + 0.5) * 0x1p-24;
    const double turn = static_cast<double>(words.bits32()) * 0x1p-32, radius = std::sqrt(-2 * std::log(u));
    CHECK(x[i] == doctest::Approx(radius * std::cos(2 * M_PI * turn)).epsilon(1e-6).scale(1));
    CHECK(x[i + 1] == doctest::Approx(radius * std::sin(2 * M_PI * turn)).epsilon(1e-6).scale(1));
  }
}

TEST_CASE("normal numbers: moments and tails are those of a normal distribution") {
  const int64_t n = 1000000;
  std::vector<float> x(static_cast<size_t>(n));
  fill_normal(Random(1, "moments"), x.data(), n);
  double mean = 0, square = 0, fourth = 0, beyond = 0, neighbours = 0;
  for (size_t i = 0; i < x.size(); i++) {
    const double v = x[i];
    mean += v / n, square += v * v / n, fourth += v * v * v * v / n;
    beyond += std::abs(v) > 1.959964 ? 1.0 / n : 0;
    if (i) neighbours += v * static_cast<double>(x[i - 1]) / n;
  }
  CHECK(std::abs(mean) < 0.005);  // five standard errors each
  CHECK(std::abs(square - 1) < 0.0071);
  CHECK(std::abs(fourth - 3) < 0.05);
  CHECK(std::abs(beyond - 0.05) < 0.0011);
  CHECK(std::abs(neighbours) < 0.005);
}

TEST_CASE("normal numbers: every variant, length and number of threads gives the same bits") {
  const int before = thread_count();
  set_thread_count(1);
  std::vector<float> expected(5003);
  const Random r(3, "bits");
  normal_variants.variants().back().run({{r.key()[0], r.key()[1]}, {r.stream()[0], r.stream()[1]}, expected.data(), 5003});
  set_thread_count(2);
  for (const auto& variant : normal_variants.variants()) {
    for (const int64_t n : {1, 3, 4, 1023, 1024, 1025, 5003}) {
      std::vector<float> x(static_cast<size_t>(n));
      const NormalFill a{{r.key()[0], r.key()[1]}, {r.stream()[0], r.stream()[1]}, x.data(), n};
      if (variant.lacks(a)) continue;
      variant.run(a);
      CAPTURE(variant.name);
      CHECK(x == std::vector<float>(expected.begin(), expected.begin() + n));
    }
  }
  set_thread_count(before);
}
