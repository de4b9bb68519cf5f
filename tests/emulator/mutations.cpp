// Each __syncthreads() of each rung is needed: with it switched off, the emulator reports a mistake. So none is there for
// nothing, and the emulator would see it missing.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/emulator/exercises.h"
#include "tests/emulator/on_device.h"

using namespace ceir;
using namespace ceir::test;

namespace {

// Every line of kernels/ with a __syncthreads() that runs.
std::vector<emulator::BarrierSite> barriers_in_sources() {
  std::vector<emulator::BarrierSite> sites;
  const std::string root = CEIR_SOURCE_DIR "/";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root + "kernels")) {
    const std::string path = entry.path().string().substr(root.size());
    if ((entry.path().extension() != ".cu" && entry.path().extension() != ".h") || path.starts_with("kernels/emulator/")) continue;
    std::ifstream in(entry.path());
    std::string line;
    for (uint32_t n = 1; std::getline(in, line); n++) {
      if (line.starts_with("// only sm_")) break;  // no emulator runs it
      const auto at = line.find("__syncthreads()"), comment = line.find("//");
      if (at != std::string::npos && at < comment) sites.push_back({path, n});
    }
  }
  return sites;
}

bool reported(const std::function<void()>& run) {
  try {
    run();
    return false;
  } catch (const Error&) {
    return true;
  }
}

}  // namespace

TEST_CASE("mutations: nothing is reported when nothing is changed") {
  for (const emulator::Schedule& s : emulator::all_schedules())
    for (const Exercise& e : exercises()) {
      INFO(e.file, ", ", emulator::name_of(s));
      const UseEmulator use({.schedule = s});
      CHECK_NOTHROW(e.run());
    }
}

TEST_CASE("mutations: every barrier of every rung is run, and missed when it is switched off") {
  const auto sites = barriers_in_sources();
  REQUIRE(sites.size() >= 10);
  for (const emulator::BarrierSite& site : sites) {
    const std::string place = site.file + ":" + std::to_string(site.line);
    CAPTURE(place);
    const auto known = emulator::barrier_sites();
    CHECK(std::find(known.begin(), known.end(), site) != known.end());
    // One schedule is enough to see it: what is recorded does not depend on the order.
    bool found = false;
    for (const Exercise& e : exercises()) {
      if (found) break;
      // A rung's own file, or whatever is in the folder of a header.
      const std::string folder = site.file.substr(0, site.file.rfind('/') + 1);
      if (site.file.ends_with(".cu") ? !site.file.starts_with(e.file) : folder != "kernels/launch/" && !e.file.starts_with(folder)) continue;
      for (const emulator::Schedule& s : emulator::all_schedules()) {
        const UseEmulator use({.schedule = s, .without = site});
        found = found || reported(e.run);
      }
    }
    CHECK(found);
  }
}
