// The model of the memory system: counts that can be done by hand.
#include <doctest/doctest.h>

#include <map>

#include "tests/emulator/on_device.h"
#include "tests/emulator/samples.h"
#include "tools/emulated.h"

using namespace ceir;
using namespace ceir::test;

TEST_CASE("counters: a coalesced copy moves what it asks for") {
  const UseEmulator use({.count = true});
  const OnDevice<float> x(std::vector<float>(256, 1.0f)), y(256);
  emulator::reset_counters();
  scale(y, x, 2, 256);  // 8 warps: 32 floats = 4 sectors each, in and out
  const auto c = emulator::counters();
  CHECK(c.launches == 1);
  CHECK(c.threads == 256);
  CHECK(c.global_loads == 8);
  CHECK(c.global_stores == 8);
  CHECK(c.global_load_sectors == 32);
  CHECK(c.global_store_sectors == 32);
  CHECK(c.global_load_bytes == 1024);
  CHECK(c.coalescing_percent() == 100);
  CHECK(c.shared_loads == 0);
}

TEST_CASE("counters: shared memory, barriers and shuffles of a block's sum") {
  const UseEmulator use({.count = true});
  const OnDevice<float> x(std::vector<float>(2 * 128, 1.0f)), sums(2);
  emulator::reset_counters();
  block_sum(sums, x, 2, 128);
  const auto c = emulator::counters();
  CHECK(c.blocks == 2);
  CHECK(c.barriers == 2);
  CHECK(c.warp_operations == 2 * 4 * 5);  // 4 warps, 5 shuffles each
  CHECK(c.shared_stores == 2 * 4);        // one lane of each warp
  CHECK(c.shared_loads == 2 * 4);         // thread 0, four times
  CHECK(c.bank_conflicts() == 0);
}

TEST_CASE("counters: bank conflicts are those of the strides") {
  for (const auto& [stride, passes] : std::map<int, int64_t>{{1, 1}, {2, 2}, {8, 8}, {32, 32}, {33, 1}}) {
    CAPTURE(stride);
    const UseEmulator use({.count = true});
    const OnDevice<float> y(32);
    emulator::reset_counters();
    strided_shared(y, stride);
    const auto c = emulator::counters();
    CHECK(c.shared_stores == 1);
    CHECK(c.shared_loads == 1);
    CHECK(c.shared_passes == 2 * passes);
    CHECK(c.bank_conflicts() == 2 * (passes - 1));
  }
}

TEST_CASE("bench --emulate: each rung does better than the one below, in what it says it does") {
  std::map<std::string, EmulatedRow> of;
  for (const EmulatedRow& r : emulated_bench("gemm"))
    if (r.shape.ends_with("W^T")) of[r.variant] = r;
  CHECK(of.at("cuda.v1").coalescing < 30);
  CHECK(of.at("cuda.v3").coalescing > 95);
  CHECK(of.at("cuda.v3").global_sectors < of.at("cuda.v2").global_sectors / 8);
  CHECK(of.at("cuda.v4").shared_requests < of.at("cuda.v3").shared_requests / 2);
  CHECK(of.at("cuda.v5").barriers < of.at("cuda.v4").barriers);
  for (const char* rung : {"cuda.v7.tf32", "cuda.v7.f16", "cuda.v7.bf16", "cuda.v8.3xtf32"}) {
    CAPTURE(std::string(rung));
    CHECK(of.at(rung).bank_conflicts == 0);
    CHECK(of.at(rung).coalescing == 100);
    CHECK(of.at(rung).barriers < of.at("cuda.v6.tf32").barriers / 2);
    CHECK(of.at(rung).global_requests < of.at("cuda.v6.tf32").global_requests / 2);
  }
  of.clear();
  for (const EmulatedRow& r : emulated_bench("softmax"))
    if (r.op == "softmax") of[r.variant] = r;
  CHECK(of.at("cuda.v1").coalescing < 20);
  CHECK(of.at("cuda.v2").coalescing > 80);
  CHECK(of.at("cuda.v2").barriers > 0);
  CHECK(of.at("cuda.v3").barriers == 0);
  CHECK(of.at("cuda.v5").global_requests < of.at("cuda.v4").global_requests);
  CHECK(of.at("cuda.v4").global_requests < of.at("cuda.v3").global_requests);
  CHECK_THROWS_WITH_AS(emulated_bench("gemn"), doctest::Contains("softmax, layernorm, gemm"), Error);
}
