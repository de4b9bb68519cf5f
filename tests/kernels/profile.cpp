// What --verbose collects at the tables.
#include "kernels/base/profile.h"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>
#include <vector>

#include "kernels/base/table.h"
#include "kernels/base/threads.h"

using namespace ceir;

namespace {

struct Nap {
  int64_t ms;
  const Table<Nap>* inner = nullptr;
};
std::string shape_of(const Nap& a) { return sizes({a.ms, 2}); }
void nap(const Nap& a) {
  if (a.inner) (*a.inner)(Nap{a.ms});
  std::this_thread::sleep_for(std::chrono::milliseconds(a.ms));
}
const Table<Nap> naps{"nap", {{"ref", Device::cpu, nap}}};
const Table<Nap> outer_naps{"outer_nap", {{"ref", Device::cpu, nap}}};

}  // namespace

TEST_CASE("profile: calls and seconds by operation, variant and shape, longest first, and nothing when off") {
  naps({1});
  start_kernel_profile(nullptr);
  naps({1});
  for (int i = 0; i < 3; i++) naps({8});
  const auto uses = stop_kernel_profile();
  naps({1});
  REQUIRE(uses.size() == 2);
  CHECK(uses[0].op == "nap");
  CHECK(uses[0].variant == "ref");
  CHECK(uses[0].shape == "8 x 2");
  CHECK(uses[0].calls == 3);
  CHECK(uses[0].seconds >= 0.024);
  CHECK(uses[1].shape == "1 x 2");
  CHECK(uses[1].calls == 1);
  start_kernel_profile(nullptr);
  CHECK(stop_kernel_profile().empty());
}

TEST_CASE("profile: a kernel that calls another is not charged for it") {
  start_kernel_profile(nullptr);
  outer_naps({20, &naps});
  const auto uses = stop_kernel_profile();
  REQUIRE(uses.size() == 2);
  double sum = 0;
  for (const KernelUse& u : uses) {
    CHECK(u.calls == 1);
    CHECK(u.seconds >= 0.02);
    sum += u.seconds;
  }
  CHECK(sum >= 0.04);
  const KernelUse& outer = uses[0].op == "outer_nap" ? uses[0] : uses[1];
  CHECK(outer.seconds < sum - 0.019);
}

TEST_CASE("profile: many threads at once lose no call") {
  start_kernel_profile(nullptr);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++) threads.emplace_back([] { for (int i = 0; i < 200; i++) naps({0}); });
  for (std::thread& t : threads) t.join();
  const auto uses = stop_kernel_profile();
  REQUIRE(uses.size() == 1);
  CHECK(uses[0].calls == 800);
}

TEST_CASE("profile: on a device each kernel is waited for, before and after") {
  static int waits = 0;
  waits = 0;
  start_kernel_profile([] { waits++; });
  { const KernelStopwatch on_cpu("a", "ref", Device::cpu, ""); }
  CHECK(waits == 0);
  { const KernelStopwatch on_device("a", "cuda.v1", Device::cuda, "3"); }
  CHECK(waits == 2);
  CHECK(stop_kernel_profile().size() == 2);
}
