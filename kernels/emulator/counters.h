// Groups the accesses of a warp's lanes into requests, and counts what they cost in the model of emulator.h.
#pragma once
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "kernels/emulator/emulator.h"
#include "kernels/emulator/memory.h"

namespace ceir::emulator {

// A block's accesses, warp by warp, between two barriers. The n-th time that a lane passes an instruction belongs with
// the n-th time of the other lanes.
class Trace {
 public:
  void begin_block(uint32_t warps);
  void add(uint32_t thread, uint32_t pc, uintptr_t address, uint32_t bytes, AccessKind kind, Space space);
  void flush(Counters& counters);  // at a barrier, and when the block ends

 private:
  struct Entry {
    uint32_t pc, turn, lane, bytes;
    uintptr_t address;
    AccessKind kind;
    Space space;
  };
  struct Warp {
    std::vector<Entry> entries;
    std::unordered_map<uint32_t, std::vector<uint32_t>> turns;  // of each instruction: per lane
  };
  std::vector<Warp> warps_;
};

}  // namespace ceir::emulator
