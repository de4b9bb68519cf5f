// The emulator itself: right kernels give right results in every schedule, wrong ones are reported where they are wrong.
#include "kernels/emulator/emulator.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <numeric>

#include "tests/emulator/on_device.h"
#include "tests/emulator/samples.h"

using namespace ceir;
using namespace ceir::test;
using emulator::Mistake;

namespace {

std::vector<float> counting(size_t n) {
  std::vector<float> v(n);
  std::iota(v.begin(), v.end(), 1.0f);
  return v;
}

// The line of samples.cu that ends in this comment.
uint32_t line_of(const std::string& comment) {
  std::ifstream in(CEIR_SOURCE_DIR "/tests/emulator/samples.cu");
  std::string line;
  for (uint32_t n = 1; std::getline(in, line); n++)
    if (line.ends_with("// " + comment)) return n;
  return 0;
}

// Runs it in every schedule: the launch throws, and the first report is this mistake on this line.
template <class Run>
void expect(Mistake mistake, const char* name, const Run& run) {
  for (const emulator::Schedule& s : emulator::all_schedules()) {
    const std::string in_words = std::string(name) + ", " + emulator::name_of(s);
    CAPTURE(in_words);
    const UseEmulator use({.schedule = s});
    CHECK_THROWS_AS(run(), Error);
    const auto reports = emulator::take_reports();
    REQUIRE_FALSE(reports.empty());
    bool found = false;
    std::string all;
    for (const auto& r : reports) {
      all += r.text() + "\n";
      found = found || (r.mistake == mistake && r.line == line_of(std::string("mistake: ") + name));
      CHECK(r.kernel == "ceir::test::" + std::string(name) + "_kernel");
      CHECK(r.file == "tests/emulator/samples.cu");
    }
    CHECK_MESSAGE(found, all);
  }
}

}  // namespace

TEST_CASE("emulator: kernels that are right give the same right results in every schedule") {
  for (const emulator::Schedule& s : emulator::all_schedules()) {
    CAPTURE(emulator::name_of(s));
    const UseEmulator use({.schedule = s});
    {
      const OnDevice<float> x(counting(1000)), y(1000);
      scale(y, x, 2, 1000);
      CHECK(y.values()[999] == 2000);
      scale(y, x, 2, 0);  // no blocks: nothing to do
    }
    {
      const OnDevice<float> x(counting(3 * 333)), sums(3);
      block_sum(sums, x, 3, 333);
      for (int r = 0; r < 3; r++) CHECK(sums.values()[static_cast<size_t>(r)] == 333.0f * static_cast<float>(333 * r) + 333 * 334 / 2);
    }
    {
      std::vector<int> x(200);
      for (size_t i = 0; i < x.size(); i++) x[i] = static_cast<int>(i % 7);
      const OnDevice<int> in(x), bins(std::vector<int>(7));
      histogram(bins, in, 200);
      CHECK(bins.values() == std::vector<int>{29, 29, 29, 29, 28, 28, 28});
    }
    {
      std::vector<int> x(32, -1);
      x[3] = x[31] = 5;
      const OnDevice<int> in(x);
      const OnDevice<unsigned> masks(34);
      votes(masks, in);
      for (size_t i = 0; i < 32; i++) CHECK(masks.values()[i] == (1u << 3 | 1u << 31));
      CHECK(masks.values()[32] == 1);
      CHECK(masks.values()[33] == 0);
    }
    CHECK(emulator::take_reports().empty());
  }
}

TEST_CASE("emulator: an index beyond a buffer is reported, not executed") {
  expect(Mistake::out_of_bounds, "index_past_end", [] {
    const OnDevice<float> x(counting(100)), y(100);
    index_past_end(y, x, 100);
  });
  expect(Mistake::out_of_bounds, "shared_past_end", [] {
    const OnDevice<float> y(32);
    shared_past_end(y);
  });
}

#if !defined(__SANITIZE_ADDRESS__)  // there the sanitizer's own word is asked for
TEST_CASE("emulator: an index beyond an array is reported, also where what lies behind it is the block's or the thread's own") {
  expect(Mistake::out_of_bounds, "row_past_end", [] {
    const OnDevice<float> y(32);
    row_past_end(y);
  });
  expect(Mistake::out_of_bounds, "own_array_past_end", [] {
    const OnDevice<float> y(32);
    own_array_past_end(y, 5);
  });
  const UseEmulator use;
  const OnDevice<float> y(32);
  own_array_past_end(y, 4);
  CHECK_THROWS_WITH_AS(own_array_past_end(y, 5), doctest::Contains("index 4 of 'float [4]'"), Error);
}
#endif

TEST_CASE("emulator: a race is reported whatever the order of the threads") {
  expect(Mistake::race, "missing_barrier", [] {
    const OnDevice<float> x(counting(64)), y(64);
    missing_barrier(y, x);
  });
  expect(Mistake::race, "two_blocks_one_word", [] {
    const OnDevice<float> y(1);
    two_blocks_one_word(y);
  });
  expect(Mistake::race, "missing_warp_barrier", [] {
    const OnDevice<float> x(counting(32)), y(32);
    missing_warp_barrier(y, x);
  });
  expect(Mistake::race, "histogram_without_atomics", [] {
    const OnDevice<int> x(std::vector<int>(64, 3)), bins(std::vector<int>(7));
    histogram_without_atomics(bins, x, 64);
  });
}

TEST_CASE("emulator: reading what nobody wrote") {
  expect(Mistake::uninitialised, "uninitialised_shared", [] {
    const OnDevice<float> y(32);
    uninitialised_shared(y);
  });
  const UseEmulator use;
  const OnDevice<float> x(32), y(32);
  CHECK_THROWS_WITH_AS(uninitialised_global(y, x), doctest::Contains("reads global memory that nothing was written to"), Error);
}

TEST_CASE("emulator: barriers that not all threads reach") {
  expect(Mistake::divergent_barrier, "divergent_barrier", [] {
    const OnDevice<float> x(counting(64)), y(64);
    divergent_barrier(y, x);
  });
  expect(Mistake::divergent_barrier, "barrier_after_return", [] {
    const OnDevice<float> x(counting(64)), y(64);
    barrier_after_return(y, x);
  });
}

TEST_CASE("emulator: shuffles whose lanes do not come") {
  expect(Mistake::warp_mismatch, "mask_without_lane", [] {
    const OnDevice<float> x(counting(32)), y(32);
    mask_without_lane(y, x);
  });
  expect(Mistake::warp_mismatch, "waits_for_the_gone", [] {
    const OnDevice<float> x(counting(32)), y(32);
    waits_for_the_gone(y, x);
  });
}

TEST_CASE("emulator: addresses and launches that cannot be") {
  expect(Mistake::misaligned, "misaligned_vector", [] {
    const OnDevice<float> x(counting(8)), y(8);
    misaligned_vector(y, x);
  });
  const UseEmulator use;
  CHECK_THROWS_WITH_AS(null_pointer(nullptr), doctest::Contains("a null pointer"), Error);
  CHECK_THROWS_WITH_AS(too_many_threads(nullptr), doctest::Contains("a block of 2048 threads: 1 to 1024 are possible"), Error);
}

TEST_CASE("emulator: a barrier that is switched off is missed") {
  emulator::Options options;
  {
    const UseEmulator use;
    const OnDevice<float> x(counting(333)), sums(1);
    block_sum(sums, x, 1, 333);
    const auto sites = emulator::barrier_sites();
    const emulator::BarrierSite site{"tests/emulator/samples.cu", line_of("barrier of block_sum")};
    CHECK(std::find(sites.begin(), sites.end(), site) != sites.end());
    options.without = site;
    options.schedule.order = emulator::Order::reverse;  // thread 0, which reads, comes last: the values are even right
  }
  const UseEmulator use(options);
  const OnDevice<float> x(counting(333)), sums(1);
  CHECK_THROWS_WITH_AS(block_sum(sums, x, 1, 333), doctest::Contains("with no barrier between"), Error);
}

TEST_CASE("emulator: memory of the device is checked when copied") {
  const UseEmulator use;
  DeviceMemory memory(100);
  std::vector<char> host(200);
  CHECK(emulator_runtime()->copy_in(memory.as<char>(), host.data(), 101, nullptr) != 0);
  CHECK(emulator_runtime()->copy_out(host.data(), memory.as<char>() + 50, 51, nullptr) != 0);
  CHECK(emulator_runtime()->release(host.data()) != 0);
  CHECK(emulator_runtime()->copy_in(memory.as<char>(), host.data(), 100, nullptr) == 0);
}
