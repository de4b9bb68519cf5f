// Which rung is compiled for which architecture: its source, its row in the table, and the objects that nvcc made must agree.
#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "kernels/launch/rung.h"
#include "tests/emulator/device_code.h"
#include "tests/emulator/exercises.h"
#include "tests/emulator/on_device.h"
#include "tests/shared_dir.h"

using namespace ceir;
using namespace ceir::test;

namespace {

const std::vector<std::string> architectures = {"75", "80", "86", "89", "90a", "100", "120"};
int number_of(const std::string& architecture) { return std::stoi(architecture); }

// Of a rung's row: one file, or two where the backward pass has its own.
std::vector<RungSource> sources_of(const std::vector<RungSource>& all, const Exercise& e) {
  std::vector<RungSource> found;
  for (const RungSource& s : all)
    if (s.path.starts_with(e.file + "_") || s.path.starts_with(e.file + ".")) found.push_back(s);
  INFO("source ", e.file, "_*.cu for ", e.rung);
  REQUIRE_FALSE(found.empty());
  return found;
}

// The emulator with silicon of a given generation on its sign. Nothing is launched on it.
int pretended = 0;
const Runtime& pretending() {
  static const Runtime table = [] {
    Runtime t = *emulator_runtime();
    t.describe = [](int device, DeviceDescription* d) {
      const int code = emulator_runtime()->describe(device, d);
      d->capability = pretended, d->emulated = false;
      return code;
    };
    return t;
  }();
  return table;
}

std::string built(const std::string& kind, const RungSource& s) {
  return CEIR_BINARY_DIR "/kernels/cuda-" + kind + "/" + s.path.substr(std::string("kernels/").size()) + ".o";
}

// True when the object is as new as all that nvcc read for it, by the list that it left beside it.
bool up_to_date(const std::filesystem::path& object) {
  std::ifstream list(object.string() + ".d");
  if (!std::filesystem::exists(object) || !list) return false;
  for (std::string word; list >> word;)
    if (word != "\\" && word != ":" && (!std::filesystem::exists(word) || last_write_time(std::filesystem::path(word)) > last_write_time(object))) return false;
  return true;
}

// The sources whose objects of a kind are up to date; says why when there are none.
std::vector<RungSource> built_sources(const std::string& kind) {
  std::vector<RungSource> found;
  for (const RungSource& s : rung_sources())
    if (up_to_date(built(kind, s))) found.push_back(s);
  if (found.empty()) {
    std::printf("skipped: nvcc has made no objects here (cmake --build build --target cuda-%s)\n", kind.c_str());
    if (kind == "one") skipped = true;  // script/cuda_compiles makes these; `make cuda-all` the others
  }
  return found;
}

std::string log_of(const std::string& object) {
  std::ostringstream text;
  text << std::ifstream(object + ".log").rdbuf();
  return text.str();
}

void check_no_memory(const RungSource& s, const std::string& object) {
  std::istringstream log(log_of(object));
  std::string line;
  while (std::getline(log, line)) {
    CAPTURE(line);
    CHECK((line.find("bytes spill stores") == std::string::npos || line.find("0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads") != std::string::npos));
  }
  for (const DeviceCode& code : device_code_of(object))
    for (const auto& [kernel, instructions] : code.sass) {
      INFO(s.path, ", sm_", code.architecture, ", ", kernel);
      CHECK(std::count(instructions.begin(), instructions.end(), sass::load_local) == 0);
      CHECK(std::count(instructions.begin(), instructions.end(), sass::store_local) == 0);
    }
}

struct Claim {
  const char* call;  // in the source
  const char* ptx;
  int sass;
};
bool calls(const std::string& text, const std::string& function) {
  for (size_t at = text.find(function); at != std::string::npos; at = text.find(function, at + 1))
    if (at == 0 || !(std::isalnum(static_cast<unsigned char>(text[at - 1])) || text[at - 1] == '_')) return true;
  return false;
}
const Claim claims[] = {{"mma_tf32(", "mma.sync.aligned.m16n8k8.row.col.f32.tf32", sass::mma}, {"mma_bf16(", "mma.sync.aligned.m16n8k16.row.col.f32.bf16", sass::mma},
                        {"mma_f16(", "mma.sync.aligned.m16n8k16.row.col.f32.f16", sass::mma}, {"ldmatrix", "ldmatrix.sync.aligned", sass::ldmatrix}, {"ldmatrix4_turned(", "ldmatrix.sync.aligned.m8n8.x4.trans", sass::ldmatrix},
                        {"copy_async4(", "cp.async.ca.shared.global", sass::copy_async}, {"copy_async16(", "cp.async.cg.shared.global", sass::copy_async},
                        {"wgmma_f16(", "wgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16", sass::wgmma},
                        {"wgmma_tf32(", "wgmma.mma_async.sync.aligned.m64n128k8.f32.tf32.tf32", sass::wgmma}, {"load_tile(", "cp.async.bulk.tensor", sass::tensor_map_load}};

}  // namespace

TEST_CASE("matrix: a rung's row accepts a generation of GPU exactly when its source is compiled for it") {
  REQUIRE(emulator_runtime());
  const auto sources = rung_sources();
  std::set<std::string> seen;
  int gpu_only_rungs = 0;
  for (const Exercise& e : all_exercises()) {
    const auto files = sources_of(sources, e);
    for (const RungSource& source : files) seen.insert(source.path);
    for (const std::string& a : architectures) {
      INFO(e.rung, " on sm_", a);
      pretended = number_of(a);
      use_runtime(pretending());
      const char* reason = e.lacks();
      const std::string words = reason ? reason : "";
      use_no_runtime();
      CAPTURE(words);
      for (const RungSource& source : files) CHECK(words.empty() == source.knows(a));
      if (!words.empty()) CHECK(words.find("sm_") != std::string::npos);
    }
    const UseEmulator use;
    const char* reason = e.lacks();
    CAPTURE(e.rung);
    CHECK((reason != nullptr) == e.gpu_only);
    if (e.gpu_only) {
      CHECK(reason == std::string(gpu_only));
      gpu_only_rungs++;
    }
  }
  for (const RungSource& s : sources) {
    INFO(s.path, " has a row and an exercise");
    CHECK(seen.count(s.path) == 1);
  }
  if (gpu_only_rungs > 0) std::printf("%d rungs not run here: %s\n", gpu_only_rungs, gpu_only);
}

TEST_CASE("matrix: cuda-all has each rung's code for each generation that has its instructions, and for no other; no kernel spills") {
  for (const RungSource& s : built_sources("all")) {
    CAPTURE(s.path);
    std::set<int> want, got;
    for (const std::string& a : architectures)
      if (s.knows(a)) want.insert(number_of(a));
    for (const DeviceCode& code : device_code_of(built("all", s)))
      if (!code.ptx) got.insert(code.architecture);
    CHECK(got == want);
    const std::string log = log_of(built("all", s));
    for (const std::string& a : architectures) CHECK((log.find("for 'sm_" + a + "'") != std::string::npos) == s.knows(a));
    check_no_memory(s, built("all", s));
  }
}

TEST_CASE("matrix: kernels hold the instructions that their source asks for, in PTX and in machine code, and no local memory") {
  int claimed = 0;
  for (const RungSource& s : built_sources("one")) {
    CAPTURE(s.path);
    std::string ptx;
    std::set<int> instructions;
    for (const DeviceCode& code : device_code_of(built("one", s))) {
      CHECK(code.architecture == (s.only.empty() ? std::max(80, s.least) : number_of(s.only)));
      ptx += code.text;
      for (const auto& [kernel, list] : code.sass) instructions.insert(list.begin(), list.end());
    }
    CHECK_FALSE(instructions.empty());
    for (const Claim& claim : claims) {
      if (!calls(s.text, claim.call)) continue;
      CAPTURE(std::string(claim.call));
      claimed++;
      CHECK(ptx.find(claim.ptx) != std::string::npos);
      CHECK(instructions.count(claim.sass) == 1);
    }
    // A rung that is called after its instructions has them.
    const bool tensor_cores = s.path.find("tensor_core") != std::string::npos, async = s.path.find("_async") != std::string::npos;
    if (tensor_cores) CHECK(instructions.count(sass::mma) == 1);
    if (async) CHECK(instructions.count(sass::copy_async) == 1);
    check_no_memory(s, built("one", s));
  }
  if (!skipped) CHECK(claimed >= 5);
}
