// The test programs' main: doctest, and one rule for tests that need data which may be absent.
// A program of tests/real returns 77 (ctest: skipped) when the shared folder does not exist.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>

#include "tests/shared_dir.h"

namespace ceir::test {
bool skipped = false;
}

int main(int argc, char** argv) {
  doctest::Context context(argc, argv);
  const int failed = context.run();
  return failed ? failed : ceir::test::skipped ? 77 : 0;
}
