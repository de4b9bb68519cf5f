// How `ceir bench` measures on a device: events around the runs, a buffer larger than any cache before each cold one.
#include "models/bench/context.h"

#include <cstdlib>

#include "kernels/launch/compute.h"
#include "kernels/launch/driver.h"
#include "tests/emulator/on_device.h"

using namespace ceir;
using namespace ceir::test;

namespace {

int fills = 0, records = 0;
// The emulator whose events say that a run took 2 ms, whatever it did.
const Runtime& timekeeper() {
  static const Runtime table = [] {
    Runtime t = *emulator_runtime();
    t.fill = [](void*, unsigned char, size_t bytes, StreamHandle) { return fills += bytes >= (200 << 20), 0; };
    t.record_event = [](EventHandle, StreamHandle) { return records++, 0; };
    t.elapsed_ms = [](float* ms, EventHandle, EventHandle) { return *ms = 2, 0; };
    return t;
  }();
  return table;
}

struct Timed {
  BenchOptions options;
  std::vector<BenchRow> rows;
  BenchContext context{options, Device::cuda, {}, rows};
  Timed() { options.seconds = 0.01; }
};

}  // namespace

TEST_CASE("bench on a device: times are the events', warm runs follow one another, and before each cold one the caches are overwritten") {
  const UseEmulator use;
  use_runtime(timekeeper());
  Timed t;
  int runs = 0;
  fills = records = 0;
  const Timing warm = t.context.warm([&] { runs++; });
  CHECK(warm.seconds == doctest::Approx(2e-3));
  CHECK(warm.spread == 0);
  CHECK(fills == 0);
  CHECK(records == 2 * runs);  // 2 ms is long enough for a sample of its own
  runs = records = 0;
  const Timing cold = t.context.cold([&] { runs++; });
  CHECK(cold.seconds == doctest::Approx(2e-3));
  CHECK(fills == runs);
  CHECK(records == 2 * runs);
}

TEST_CASE("bench on a device: the CUDA driver's events are what is read, and a failing one is an error") {
  unsetenv("FAKE_CUDA");
  use_runtime(open_cuda_driver(CEIR_BINARY_DIR "/tests/libfake_cuda.so"));
  Timed t;
  CHECK(t.context.warm([] {}).seconds == doctest::Approx(1.5e-3));
  CHECK(t.context.cold([] {}).seconds == doctest::Approx(1.5e-3));
  setenv("FAKE_CUDA", "fail:cuEventRecord", 1);
  CHECK_THROWS_AS(t.context.warm([] {}), Error);
  unsetenv("FAKE_CUDA");
  use_no_runtime();
}

TEST_CASE("bench on the emulator: no times, in one sentence that says what there is instead; every rung can be checked") {
  REQUIRE(emulator_runtime());
  choose_device("emu");
  CHECK_THROWS_WITH_AS(bench("softmax", {}), doctest::Contains("bench --emulate OP"), Error);
  BenchOptions options;
  options.check = true;
  int compared = 0;
  for (const BenchRow& r : bench("", options)) {
    INFO(r.op, " ", r.shape, " ", r.variant, ": ", r.error);
    CHECK(r.variant.find("avx") == std::string::npos);
    CHECK(r.correct);
    compared += r.why_not.empty();
  }
  CHECK(compared >= 150);
  choose_device("cpu");
  use_no_runtime();
}
