// Each ladder's host code with each call of the runtime failing in turn: an Error that says what could not be done, nothing
// leaked, and the next run is right.
#include <doctest/doctest.h>

#include "kernels/launch/failing.h"
#include "tests/emulator/exercises.h"
#include "tests/emulator/on_device.h"

using namespace ceir;
using namespace ceir::test;

namespace {

int64_t things = 0;  // made by the runtime and not given back

// The emulator, counting what it gives and takes back.
const Runtime& counting() {
  static const Runtime table = [] {
    Runtime t = *emulator_runtime();
    t.allocate = [](void** p, size_t n) { const int code = emulator_runtime()->allocate(p, n); return things += code == 0, code; };
    t.allocate_pinned = [](void** p, size_t n) { const int code = emulator_runtime()->allocate_pinned(p, n); return things += code == 0, code; };
    t.create_stream = [](StreamHandle* s) { const int code = emulator_runtime()->create_stream(s); return things += code == 0, code; };
    t.create_event = [](EventHandle* e) { const int code = emulator_runtime()->create_event(e); return things += code == 0, code; };
    t.release = [](void* p) { return things--, emulator_runtime()->release(p); };
    t.release_pinned = [](void* p) { return things--, emulator_runtime()->release_pinned(p); };
    t.destroy_stream = [](StreamHandle s) { return things--, emulator_runtime()->destroy_stream(s); };
    t.destroy_event = [](EventHandle e) { return things--, emulator_runtime()->destroy_event(e); };
    return t;
  }();
  return table;
}

}  // namespace

TEST_CASE("failures: each call of each ladder's host code fails once") {
  const UseEmulator use;
  int64_t failed = 0;
  for (const Exercise& e : exercises()) {
    CAPTURE(e.rung);
    use_runtime(failing_runtime(counting(), {}));
    e.run();  // what is kept between runs is there now
    const int64_t before = things, opening = 3;  // use_runtime() makes three calls: launch.cpp has them
    failing_runtime(counting(), {});
    use_runtime(failing_runtime(counting(), {}));
    e.run();
    const int64_t total = failing_runtime_calls();
    CHECK(total > opening);
    for (int64_t call = opening; call < total; call++)
      for (const int code : {2, 719}) {
        CAPTURE(call);
        use_runtime(failing_runtime(counting(), {call, code}));
        bool said = false;
        try {
          e.run();
        } catch (const Error& error) {
          said = std::string(error.what()).find("failed: a failure on purpose") != std::string::npos;
          CHECK(error.kind() == (code == 2 ? ErrorKind::resource : ErrorKind::internal));
        }
        CHECK(said);
        CHECK(things <= before);
        failed++;
      }
    use_runtime(failing_runtime(counting(), {}));
    CHECK_NOTHROW(e.run());
    CHECK(things <= before);
  }
  CHECK(failed >= 500);
}
