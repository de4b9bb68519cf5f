// What measures a device's roofs does the work that it counts.
#include "kernels/peak/peak.h"

#include "tests/emulator/rungs.h"

using namespace ceir;
using namespace ceir::test;

TEST_CASE("peak: a rung's chains are the recurrence x <- 0.999 x + 0.001, and its count of operations is in proportion to the rounds") {
  for (const auto& rung : rungs_of(peak_variants)) {
    CAPTURE(std::string(rung.name));
    for (const int64_t rounds : {int64_t{0}, int64_t{1}, int64_t{7}}) {
      float want = 0;
      for (int i = 1; i <= 16; i++) {
        float x = static_cast<float>(i);
        for (int64_t r = 0; r < rounds; r++) x = std::fma(x, 0.999f, 0.001f);
        want += x;
      }
      const UseEmulator use;
      int64_t operations = -1;
      const OnDevice<double> result(1);
      rung.run({rounds, &operations, result});
      CHECK(operations % (256 * 16 * 2) == 0);
      CHECK((operations == 0) == (rounds == 0));
      if (rounds > 0) CHECK(operations / rounds * rounds == operations);
      CHECK(result.values()[0] == doctest::Approx(static_cast<double>(want)).epsilon(1e-6));
    }
  }
}

TEST_CASE("triad: every rung gives a + factor b, for any length and wherever the arrays begin") {
  for (const int64_t n : {0, 1, 3, 4, 33, 1030})
    for (const int64_t begin : {0, 1}) {
      const std::vector<float> a = to_float(drawn(n + begin, 1)), b = to_float(drawn(n + begin, 2));
      Doubles want;
      for (size_t i = 0; i < a.size(); i++) want.push_back(static_cast<int64_t>(i) < begin ? 9 : static_cast<double>(a[i]) + 3 * static_cast<double>(b[i]));
      for (const auto& rung : rungs_of(triad_variants)) {
        INFO(std::string(rung.name), ", ", n, " from ", begin);
        in_schedules(n == 1030, [&] {
          const OnDevice<float> da(a), db(b), y(std::vector<float>(a.size(), 9.f));
          rung.run({da.get() + begin, db.get() + begin, y.get() + begin, 3.f, n});
          return y.values();
        }, [&](const std::vector<float>& got) { check_close(got, want, 9, 1); });
      }
    }
}
