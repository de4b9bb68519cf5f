// The seam to a device: the runtime in use, streams and events, and every call failing in turn.
#include <doctest/doctest.h>

#include "kernels/launch/device.h"
#include "kernels/launch/failing.h"
#include "kernels/launch/rung.h"
#include "tests/emulator/on_device.h"
#include "tests/emulator/samples.h"

using namespace ceir;
using namespace ceir::test;

TEST_CASE("launch: without a device, everything that needs one says so") {
  use_no_runtime();
  CHECK(current_runtime() == nullptr);
  CHECK_THROWS_WITH_AS(DeviceMemory(16), doctest::Contains("before a device was chosen"), Error);
  CHECK_THROWS_WITH_AS(Stream(), doctest::Contains("before a device was chosen"), Error);
  CHECK_THROWS_WITH_AS(current_device(), doctest::Contains("before a device was chosen"), Error);
  CHECK_THROWS_WITH_AS(scale(nullptr, nullptr, 1, 1), doctest::Contains("before a device was chosen"), Error);
  CHECK(std::string(device_lacks(any_gpu)) == "no device is in use");
}

TEST_CASE("launch: a device is chosen by number") {
  REQUIRE(emulator_runtime());
  CHECK_THROWS_WITH_AS(use_runtime(*emulator_runtime(), 1), "--device emu:1: there are 1 devices, numbered from 0", Error);
  const UseEmulator use;
  CHECK(current_device().name == "block emulator");
  CHECK(device_lacks(80) == nullptr);
  CHECK(std::string(device_lacks(100)).find("older") != std::string::npos);
}

TEST_CASE("launch: work goes to the stream of the thread, and events mark it") {
  const UseEmulator use;
  const Stream stream;
  CHECK(current_stream() == nullptr);
  {
    const OnStream on(stream);
    CHECK(current_stream() == stream.handle());
    Event begin, end;
    begin.record();
    const OnDevice<float> x(std::vector<float>{1, 2, 3}), y(3);
    scale(y, x, 3, 3);
    end.record();
    end.hold_back();
    synchronize();
    CHECK(y.values() == std::vector<float>{3, 6, 9});
    CHECK(begin.ms_until(end) >= 0);
  }
  CHECK(current_stream() == nullptr);
}

// One small piece of work that uses every function of the table.
static float all_calls() {
  const Stream stream;
  const OnStream on(stream);
  Event begin, end;
  begin.record();
  const OnDevice<float> x(std::vector<float>{1, 2, 3}), y(3);
  const DeviceMemory zeros(12);
  zeros.fill(0);
  void* pinned = nullptr;
  require_ok(*current_runtime(), current_runtime()->allocate_pinned(&pinned, 64), "asking for pinned memory");
  current_runtime()->release_pinned(pinned);
  scale(y, x, 2, 3);
  require_ok(*current_runtime(), current_runtime()->copy_within(zeros.as<void>(), y.get(), 12, current_stream()), "copying");
  end.record();
  end.hold_back();
  float sum[3];
  zeros.copy_out(sum);
  end.ms_until(end);
  return sum[0] + sum[1] + sum[2];
}

TEST_CASE("launch: each call of the runtime fails once, and gives an Error that says what could not be done") {
  const UseEmulator use;
  int64_t total = 1;
  for (int64_t call = -1; call < total; call++)
    for (const int code : {2, 719}) {
      CAPTURE(call);
      const Runtime& failing = failing_runtime(*emulator_runtime(), {call, code});
      try {
        use_runtime(failing);
        const float sum = all_calls();
        CHECK(call == -1);
        CHECK(sum == 12);
        total = failing_runtime_calls();
        CHECK(total >= 16);
      } catch (const Error& e) {
        CHECK(call >= 0);
        CHECK(e.kind() == (code == 2 ? ErrorKind::resource : ErrorKind::internal));
        CHECK(std::string(e.what()).find("failed: a failure on purpose") != std::string::npos);
      }
    }
}
