// What `ceir bench` is told, and what it measures.
#include "models/bench.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "kernels/base/error.h"
#include "kernels/base/table.h"
#include "models/bench/cases.h"

using namespace ceir;

TEST_CASE("bench: an operation gives a row a variant, each compared with the reference") {
  BenchOptions options;
  options.seconds = 0.005, options.model = "tiny";
  const auto rows = bench("adam", options);
  REQUIRE(rows.size() >= 4);  // three peaks and at least the reference
  CHECK(rows[0].op == "peak");
  CHECK(rows[1].op == "peak_f64");
  CHECK(rows[2].op == "triad");
  std::set<std::string> ops;
  for (size_t i = 3; i < rows.size(); i++) {
    CAPTURE(rows[i].variant);
    ops.insert(rows[i].op);
    CHECK(rows[i].correct);
    if (!rows[i].why_not.empty()) continue;
    CHECK(rows[i].error >= 0);
    CHECK((rows[i].ms > 0 || !rows[i].refused.empty()));
    CHECK((rows[i].cold_ms > 0 || !rows[i].refused.empty()));
    if (rows[i].ms < 0) CHECK(rows[i].rate < 0);
  }
  CHECK(ops == std::set<std::string>{"adam", "adam_f64", "adam_all", "adam_all_f64"});
}

TEST_CASE("bench: a name that does not exist is refused with the list") {
  CHECK_THROWS_WITH_AS(bench("gemn", {}), doctest::Contains("gemm, attention"), Error);
  BenchOptions options;
  options.model = "b33";
  CHECK_THROWS_WITH_AS(bench("gemm", options), doctest::Contains("b32, b16"), Error);
}

TEST_CASE("bench: every table of the house has a row") {
  const std::vector<std::string> measured = bench_tables();
  for (const TableBase* table : all_tables()) {
    if (std::string(table->op()) == "vae_step") continue;  // how kernels are queued; the stage `vae` is measured
    INFO(std::string(table->op()), " needs a case in models/bench/");
    CHECK(std::find(measured.begin(), measured.end(), table->op()) != measured.end());
  }
}

TEST_CASE("bench: every operation's variants are right at every size of the tiny model, and a result that nobody writes is found") {
  BenchOptions options;
  options.check = true, options.model = "tiny";
  const auto rows = bench("", options);
  std::set<std::string> ops;
  for (const BenchRow& r : rows) {
    INFO(r.op, " ", r.shape, " ", r.variant, ": ", r.error);
    ops.insert(r.op);
    CHECK(r.correct);
    CHECK((r.error >= 0 || !r.why_not.empty()));
    CHECK(r.ms < 0);
  }
  CHECK(ops.size() + 4 >= all_tables().size());  // the peaks and vae_step are not checked here

  BenchArrays arrays(Device::cpu, 1);
  float* y = arrays.result<float>(3);
  const int64_t* n = arrays.result<int64_t>(1);
  float* w = arrays.changed<float>(2);
  const float before = w[1];
  w[1] = 7, y[0] = 1;
  arrays.restore();
  CHECK(w[1] == before);
  CHECK(y[0] != y[0]);
  CHECK(*n == -1);
  CHECK(arrays.results().size() == 3);
}

TEST_CASE("bench: the sizes are those of the published models") {
  const BenchSizes all = bench_sizes("", 2);
  REQUIRE(all.towers.size() == 6);
  CHECK(all.towers[0].tokens == 50);
  CHECK(all.towers[1].tokens == 197);
  CHECK(all.towers[2].tokens == 257);
  CHECK(all.towers[3].tokens == 577);
  CHECK(all.towers[3].rows() == 2 * 577);
  CHECK(all.towers[4].tokens == 77);
  CHECK(all.towers[5].width == 768);
  CHECK(bench_sizes("vae", 1).vaes[0].latent == 128);
  CHECK(bench_sizes("vae", 1).towers.empty());
}
