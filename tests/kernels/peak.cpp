// The loops that measure the arithmetic peak do the arithmetic they claim.
#include "kernels/peak/peak.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace ceir;

TEST_CASE("peak: every chain of every variant is the recurrence x <- 0.999 x + 0.001, counted in full") {
  for (const auto* table : {&peak_variants, &peak_f64_variants})
    for (const auto& v : table->variants()) {
      if (v.lacks({})) continue;
      CAPTURE(std::string(v.name));
      int64_t none = -1, some = -1;
      double start = 0, end = 0;
      v.run({0, &none, &start});
      v.run({100000, &some, &end});
      CHECK(none == 0);
      CHECK(some % 200000 == 0);  // multiply and add, 100000 times
      CHECK(some > 0);
      CHECK(start > 50);  // chains begin at 1, 2, 3, ... and all end at the fixed point 1
      CHECK(end < start);
      const double ones = end, lanes_or_one = end / static_cast<double>(some / 200000);
      CHECK(ones >= 9);
      CHECK((lanes_or_one == doctest::Approx(1).epsilon(0.01) || ones == doctest::Approx(10).epsilon(0.01)));
    }
}

TEST_CASE("triad: every variant of triad_variants gives a + factor b, at ends that are not aligned too") {
  for (const int64_t n : {int64_t{0}, int64_t{1}, int64_t{33}, int64_t{1000}, int64_t{600000}})
    for (const int64_t offset : {0, 1, 5}) {
      std::vector<float> a(static_cast<size_t>(n + offset)), b(a.size());
      for (size_t i = 0; i < a.size(); i++) a[i] = static_cast<float>(i % 1024), b[i] = static_cast<float>(i % 7);
      for (const auto& v : triad_variants.variants()) {
        if (v.lacks({})) continue;
        CAPTURE(std::string(v.name));
        std::vector<float> y(a.size(), -1.f);
        v.run({a.data() + offset, b.data() + offset, y.data() + offset, 2.f, n});
        bool right = true;
        for (size_t i = 0; i < a.size(); i++) right = right && y[i] == (static_cast<int64_t>(i) < offset ? -1.f : a[i] + 2 * b[i]);
        CHECK(right);
      }
    }
}
