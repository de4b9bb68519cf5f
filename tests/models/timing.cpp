// The clock of `ceir bench`, on samples that a test makes up.
#include "models/bench/timing.h"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

#include "models/bench.h"

using namespace ceir;

namespace {

// Samples around one second, by turns a fraction slower and faster.
struct Made {
  double wobble = 0, slow_at_first = 0;
  int64_t calls = 0, runs_seen = 0;
  double seconds = 1;
  double operator()(int64_t runs) {
    calls++;
    runs_seen = runs;
    const double turn = calls % 4 < 2 ? 1 : -1;
    return static_cast<double>(runs) * seconds * (1 + wobble * turn + (calls < 5 ? slow_at_first : 0));
  }
};

Timing timed(Made& m, TimingOptions o) {
  return time_runs([&m](int64_t runs) { return m(runs); }, o);
}

}  // namespace

TEST_CASE("timing: the median, and the quartiles' distance by it") {
  Made m{.wobble = 0.01};
  const Timing t = timed(m, {.seconds = 100, .max_spread = 0.05});
  CHECK(t.seconds == doctest::Approx(1).epsilon(0.011));
  CHECK(t.spread == doctest::Approx(0.02).epsilon(0.05));
  CHECK(t.refused.empty());
  CHECK(t.rounds == 1);
  CHECK(quantile_of_sorted({1, 2, 3, 4, 5}, 0.25) == 2);
  CHECK(quantile_of_sorted({1, 2}, 0.5) == 1.5);
}

TEST_CASE("timing: what spreads beyond the bound is tried again and then refused, whatever the median") {
  Made m{.wobble = 0.1};
  const Timing t = timed(m, {.seconds = 20, .max_spread = 0.05, .rounds = 3});
  CHECK_FALSE(t.measured());
  CHECK(t.rounds == 3);
  CHECK(t.refused.find("too noisy: spread 2") == 0);
  CHECK(m.calls >= 60);
  Made quiet{.wobble = 0.1};
  CHECK(timed(quiet, {.seconds = 20, .max_spread = 0.5}).measured());
}

TEST_CASE("timing: the first, slow runs warm up and count for nothing") {
  Made m{.wobble = 0.001, .slow_at_first = 3};
  const Timing t = timed(m, {.seconds = 200, .max_spread = 0.02});
  CHECK(t.seconds == doctest::Approx(1).epsilon(0.01));
  CHECK(t.rounds == 1);
}

TEST_CASE("timing: short runs are put together until the clock can see them, but not when each has a cold cache") {
  Made m{.seconds = 1e-7};
  CHECK(timed(m, {.seconds = 0.001, .sample_seconds = 1e-4}).runs == doctest::Approx(1000).epsilon(0.01));
  Made cold{.seconds = 1e-7};
  TimingOptions o{.seconds = 0.001, .sample_seconds = 1e-4};
  o.single_runs = true;
  CHECK(timed(cold, o).runs == 1);
  CHECK(cold.runs_seen == 1);
}

TEST_CASE("timing: a run of minutes is made once") {
  Made m{.seconds = 100};
  const Timing t = timed(m, {.seconds = 1, .longest_run = 10});
  CHECK(m.calls == 1);
  CHECK(t.refused.find("too slow: one run took") == 0);
}

TEST_CASE("timing: long runs that wait for a core are refused although they agree with each other; short ones fall between") {
  static double clock = 0;
  TimingOptions o{.seconds = 0.02, .rounds = 2};
  o.waited = [] { return clock += 10; };  // more than any round lasts
  const auto lasting = [](double ms) { return clocked([=] { std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(ms)); }); };
  o.max_spread = 5;
  const Timing t = time_runs(lasting(3), o);
  CHECK_FALSE(t.measured());
  CHECK(t.refused.find("too noisy: the cores were busy with others") == 0);
  CHECK(time_runs(lasting(0.05), o).measured());
  CHECK(waited_for_cores() >= 0);
}

TEST_CASE("timing: the clock counts what runs and not what comes before") {
  int before = 0, runs = 0;
  const auto sample = clocked([&] { runs++; std::this_thread::sleep_for(std::chrono::milliseconds(2)); }, [&] { before++; std::this_thread::sleep_for(std::chrono::milliseconds(100)); });
  const double t = sample(2);
  CHECK(runs == 2);
  CHECK(before == 1);
  CHECK(t >= 0.004);
  CHECK(t < 0.1);
  CHECK(last_level_cache_bytes() >= 1 << 20);
  empty_caches();
}

TEST_CASE("roofline: roofs, a mark for each figure and none for a refused one, words escaped") {
  std::vector<BenchRow> rows(5);
  rows[0].op = "peak", rows[0].rate = 100;
  rows[1].op = "triad", rows[1].rate = 20;
  rows[2].op = "gemm", rows[2].model = "b32", rows[2].variant = "avx2", rows[2].shape = "1x2 -> 3", rows[2].gflops = 10, rows[2].gbytes = 0.1, rows[2].ms = 200;
  rows[3] = rows[2], rows[3].variant = "ref", rows[3].ms = -1, rows[3].refused = "too noisy: spread 50 %";
  rows[4] = rows[2], rows[4].op = "softmax", rows[4].memory_bound = true, rows[4].gflops = 0.01, rows[4].ms = 1, rows[4].cold_ms = -1;
  const std::string svg = roofline_svg(rows);
  CHECK(svg.starts_with("<svg xmlns"));
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(svg.find("1x2 -&gt; 3, avx2: 50 GFLOP/s at 100 FLOP/byte") != std::string::npos);
  CHECK(svg.find(">ref<") == std::string::npos);
  CHECK(svg.find("softmax") == std::string::npos);
  CHECK(svg.find("memory 20 GB/s") != std::string::npos);
  CHECK(svg.find("f32 100 GFLOP/s") != std::string::npos);
  CHECK(svg.find("prefers-color-scheme: dark") != std::string::npos);
  CHECK(svg.find("http", 60) == std::string::npos);  // nothing is fetched
  CHECK(roofline_svg({}).find("no figure to draw") != std::string::npos);
}
