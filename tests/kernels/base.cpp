// Threads, random streams, portable functions, tables' choices.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "kernels/base/portable_math.h"
#include "kernels/base/random.h"
#include "kernels/base/threads.h"
#include "kernels/unary/unary.h"

using namespace ceir;

TEST_CASE("threads: every element is visited once, whatever the grain and the number of threads") {
  for (const int threads : {1, 2, 3}) {
    set_thread_count(threads);
    for (const int64_t n : {0, 1, 7, 1000})
      for (const int64_t grain : {0, 1, 3, 64, 5000}) {
        std::vector<std::atomic<int>> seen(static_cast<size_t>(n));
        parallel_for(n, grain, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; i++) seen[static_cast<size_t>(i)]++;
        });
        CHECK(std::all_of(seen.begin(), seen.end(), [](const auto& s) { return s == 1; }));
      }
  }
  set_thread_count(0);
}

TEST_CASE("threads: an exception comes out, the pool works afterwards, nesting is serial") {
  set_thread_count(2);
  CHECK_THROWS_AS(parallel_for(100, 1, [](int64_t begin, int64_t) {
    if (begin == 50) usage_error("chunk {}", begin);
  }), Error);
  std::atomic<int> inner{0};
  parallel_for(8, 1, [&](int64_t, int64_t) {
    if (!inside_parallel()) inner -= 1000;
    parallel_for(4, 1, [&](int64_t, int64_t) { inner++; });
  });
  CHECK(inner == 32);
  CHECK_FALSE(inside_parallel());
  set_thread_count(0);
}

// The known answers that come with the paper's own implementation (Random123, kat_vectors).
TEST_CASE("random: Philox 4x32-10 gives the published answers") {
  using Block = std::array<uint32_t, 4>;
  CHECK(philox({0, 0, 0, 0}, {0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  constexpr uint32_t all = 0xffffffff;
  CHECK(philox({all, all, all, all}, {all, all}) == Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("random: streams differ by seed, purpose and index; any position can be reached at once") {
  const auto first = [](uint64_t seed, const char* purpose, uint64_t index) { return Random(seed, purpose, index).bits64(); };
  CHECK(first(1, "a", 0) == first(1, "a", 0));
  CHECK(first(1, "a", 0) != first(2, "a", 0));
  CHECK(first(1, "a", 0) != first(1, "b", 0));
  CHECK(first(1, "a", 0) != first(1, "a", 1));
  Random a(42, "seek");
  std::vector<uint32_t> drawn(100);
  for (uint32_t& x : drawn) x = a.bits32();
  Random b(42, "seek");
  b.seek(57);
  CHECK(b.bits32() == drawn[57]);
  CHECK(b.position() == 58);
}

TEST_CASE("random: uniform, below and normal have the moments they should") {
  Random r(3, "moments");
  const int n = 200000;
  double sum = 0, squares = 0, uniform = 0;
  std::vector<int> counts(7);
  for (int i = 0; i < n; i++) {
    const double x = r.normal(), u = r.uniform();
    sum += x, squares += x * x, uniform += u;
    CHECK_UNARY(u >= 0 && u < 1);
    counts[static_cast<size_t>(r.below(7))]++;
  }
  CHECK(std::abs(sum / n) < 0.01);           // 4.5 standard deviations
  CHECK(std::abs(squares / n - 1) < 0.015);
  CHECK(std::abs(uniform / n - 0.5) < 0.003);
  for (const int c : counts) CHECK(std::abs(c - n / 7.0) < 700);
  auto p = r.permutation(1000);
  CHECK_FALSE(std::is_sorted(p.begin(), p.end()));
  std::sort(p.begin(), p.end());
  for (int64_t i = 0; i < 1000; i++) CHECK(p[static_cast<size_t>(i)] == i);
}

TEST_CASE("portable math agrees with the C library to 1e-13") {
  double worst = 0;
  for (double x = -690; x <= 690; x += 0.37) worst = std::max(worst, std::abs(portable::exp(x) / std::exp(x) - 1));
  CHECK(worst < 1e-13);
  worst = 0;
  for (double x = 1e-300; x < 1e300; x *= 1.7) worst = std::max(worst, std::abs(portable::log(x) - std::log(x)) / std::max(1.0, std::abs(std::log(x))));
  for (double x = 0.5; x < 2; x += 0.001) worst = std::max(worst, std::abs(portable::log(x) - std::log(x)));
  CHECK(worst < 1e-13);
  worst = 0;
  for (double t = -3; t < 3; t += 0.0013) {
    worst = std::max(worst, std::abs(portable::sin_turns(t) - std::sin(2 * M_PI * t)));
    worst = std::max(worst, std::abs(portable::cos_turns(t) - std::cos(2 * M_PI * t)));
  }
  CHECK(worst < 1e-13);
  CHECK(portable::sqrt(2) == std::sqrt(2.0));
}

TEST_CASE("tables: a variant asked for by name is used; an unknown or unfit one is an error, never a fallback") {
  const float x[2] = {1, -1};
  float y[2];
  const UnaryForward<float> args{Unary::relu, x, y, 2};
  {
    const KernelChoice choice("unary", "ref");
    CHECK(std::string(unary_variants.choose(args).name) == "ref");
    unary_variants(args);
    CHECK(y[0] == 1);
    CHECK(y[1] == 0);
  }
  CHECK(chosen_variant("unary").empty());
  const KernelChoice choice("unary", "cuda.v9");
  CHECK_THROWS_AS(unary_variants.choose(args), Error);
}
