// Every rung that the device in use can run, once, on a small shape: what compute-sanitizer looks at on a GPU (tools/gpu_check.sh),
// as it makes every access many times slower.
#include <doctest/doctest.h>

#include "tests/emulator/exercises.h"
#include "tests/emulator/on_device.h"

using namespace ceir;
using namespace ceir::test;

TEST_CASE("every rung, once, on a small shape") {
  const UseEmulator use;
  int run = 0, left_out = 0;
  for (const Exercise& e : all_exercises()) {
    CAPTURE(e.rung);
    if (e.lacks()) {
      left_out++;
      continue;
    }
    CHECK_NOTHROW(e.run());
    CHECK_NOTHROW(synchronize());  // a GPU says only now what went wrong
    run++;
  }
  CHECK(run >= 60);
  MESSAGE(run, " rungs run, ", left_out, " do not fit this device");
}
