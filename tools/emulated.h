// `ceir bench --emulate OP`: what the rungs of an operation's ladder ask of memory, counted by the block emulator.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace ceir {

struct EmulatedRow {
  std::string op, shape, variant;
  std::string why_not;  // not empty: this rung cannot do this shape, and nothing below counts
  int64_t global_requests = 0, global_sectors = 0;
  double coalescing = -1;  // bytes asked for of bytes moved, in percent
  int64_t shared_requests = 0, shared_passes = 0, bank_conflicts = 0;
  int64_t barriers = 0, warp_operations = 0, atomics = 0;
};

// Only in programs that have the emulator inside (build/ceir-emu); elsewhere its address is null.
// Throws Error(usage) with the list when there is no ladder of that name.
[[gnu::weak]] std::vector<EmulatedRow> emulated_bench(const std::string& op);

}  // namespace ceir
