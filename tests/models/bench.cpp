// What `ceir bench` is told.
#include "models/bench.h"

#include <doctest/doctest.h>

#include "kernels/base/error.h"

using namespace ceir;

TEST_CASE("bench: an operation gives a row a variant, each compared with the reference") {
  BenchOptions options;
  options.seconds = 0.01;
  const auto rows = bench("adam", options);
  REQUIRE(rows.size() >= 3);  // two peaks and at least the reference
  CHECK(rows[0].op == "peak");
  CHECK(rows[0].rate > 0);
  CHECK(rows[1].op == "peak_f64");
  CHECK(rows.back().variant == "ref");
  for (size_t i = 2; i < rows.size(); i++) {
    CHECK(rows[i].op == "adam");
    CHECK(rows[i].correct);
    if (rows[i].why_not.empty()) CHECK(rows[i].ms > 0);
  }
}

TEST_CASE("bench: a name that does not exist is refused with the list") {
  CHECK_THROWS_WITH_AS(bench("gemn", {}), doctest::Contains("gemm, attention"), Error);
}
