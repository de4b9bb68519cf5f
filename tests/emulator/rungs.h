// The driver of the rungs' tests: a rung against the reference in double, in the six schedules of the emulator.
#pragma once
#include <functional>

#include "kernels/base/table.h"
#include "tests/emulator/on_device.h"
#include "tests/kernels/walk.h"

namespace ceir::test {

// True for a rung that only a GPU can run: its name says so, and matrix.cpp sees that its row does (rung.h).
template <class Args>
bool is_gpu_only(const Variant<Args>& v) {
  return std::string(v.name).ends_with(".sm_90a");
}

// True for a row of NVIDIA's library: no rung, and tested with a library that pretends (cublas.cpp).
template <class Args>
bool is_vendor(const Variant<Args>& v) {
  return std::string(v.name).starts_with("cublas") || std::string(v.name).starts_with("cudnn");
}

// The rungs of a table that the emulator runs, by themselves.
template <class Args>
std::vector<Variant<Args>> rungs_of(const Table<Args>& table) {
  std::vector<Variant<Args>> rungs;
  for (const auto& v : table.variants())
    if (v.device == Device::cuda && !is_gpu_only(v) && !is_vendor(v)) rungs.push_back(v);
  REQUIRE_FALSE(rungs.empty());
  for (const auto& v : rungs) {
    INFO(std::string(v.name), " must be linked into this test");
    const bool linked = v.run != nullptr;
    REQUIRE(linked);
  }
  return rungs;
}

// |got - want| <= roundings x epsilon x norm, and NaN where NaN is.
inline void check_close(const std::vector<float>& got, const Doubles& want, double norm, double roundings, double epsilon = 0x1p-23) {
  REQUIRE(got.size() == want.size());
  double worst = 0;
  for (size_t i = 0; i < got.size(); i++) {
    const double g = static_cast<double>(got[i]);
    if (std::isnan(g) && std::isnan(want[i])) continue;
    if (g == want[i]) continue;  // infinities too
    if (const double e = std::abs(g - want[i]); !(e <= worst)) worst = e;
  }
  INFO("error ", worst, " with norm ", norm);
  CHECK(worst <= roundings * epsilon * norm);
}

// Of a product of two factors, by the digits that the rung keeps of each.
inline double epsilon_of(const std::string& rung) {
  if (rung.ends_with("3xtf32")) return 0x1p-23;  // what v5 is held to
  if (rung.ends_with("bf16")) return 0x1p-7;
  if (rung.ends_with("tf32") || rung.ends_with("f16")) return 0x1p-10;
  return 0x1p-23;
}

inline std::vector<float> to_float(const Doubles& v) { return {v.begin(), v.end()}; }

// Every schedule when `all`, else the first: for problems that differ in values only.
inline std::vector<emulator::Schedule> schedules(bool all) {
  if (all) return emulator::all_schedules();
  return {emulator::all_schedules().front()};
}

// Calls run() once in each schedule; what it returns must have the same bits in all.
inline void in_schedules(bool all, const std::function<std::vector<float>()>& run, const std::function<void(const std::vector<float>&)>& check) {
  std::vector<float> first;
  for (const emulator::Schedule& s : schedules(all)) {
    const std::string schedule = emulator::name_of(s);
    CAPTURE(schedule);
    const UseEmulator use({.schedule = s});
    const std::vector<float> got = run();
    if (first.empty()) {
      first = got;
      check(got);
    }
    CHECK(same_bits<float>({first}, {got}));
  }
}

}  // namespace ceir::test
