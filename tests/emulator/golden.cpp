// The golden cases of independent implementations, computed on a device: every tower, every step.
#include <doctest/doctest.h>

#include <filesystem>

#include "tests/shared_dir.h"
#include "tests/tools/process.h"

using namespace ceir;
using namespace ceir::test;

TEST_CASE("device: every model case agrees with its library at every step") {
  if (!have_shared("golden/clip")) return;
  int cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(shared_dir() / "golden/clip")) {
    if (!std::filesystem::is_directory(entry.path() / "expected") || !std::filesystem::is_directory(entry.path() / "inputs")) continue;
    ProcessOptions options;
    options.program = "ceir-emu";
    const Finished f = ceir_process({"doctor", "--parity", entry.path().string(), "--device", "emu"}, options);
    INFO(f.out);
    CHECK_MESSAGE(f.code == 0, f.err);
    cases++;
  }
  CHECK(cases > 0);
}
