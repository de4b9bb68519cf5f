// Where golden cases and data lie, for tests that can only run beside them.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace ceir::test {

extern bool skipped;  // set by a test that could not run: the program then returns 77, which ctest counts as skipped

inline std::filesystem::path shared_dir() {
  const char* named = std::getenv("CEIR_SHARED_DIR");
  return named && *named ? named : CEIR_SHARED_DIR_DEFAULT;
}

// True when `below` exists in the shared folder; else says why the test is skipped and counts it.
inline bool have_shared(const std::string& below) {
  if (std::filesystem::exists(shared_dir() / below)) return true;
  std::printf("skipped: %s does not exist (set CEIR_SHARED_DIR)\n", (shared_dir() / below).c_str());
  skipped = true;
  return false;
}

}  // namespace ceir::test
