#include "kernels/emulator/counters.h"

#include <algorithm>
#include <array>

namespace ceir::emulator {
namespace {

constexpr uintptr_t sector_bytes = 32, word_bytes = 4;
constexpr size_t banks = 32;

template <class T>
int64_t distinct(std::vector<T>& v) {
  std::sort(v.begin(), v.end());
  return std::unique(v.begin(), v.end()) - v.begin();
}

}  // namespace

void Trace::begin_block(uint32_t warps) {
  warps_.resize(warps);
  for (Warp& w : warps_) w.entries.clear(), w.turns.clear();
}

void Trace::add(uint32_t thread, uint32_t pc, uintptr_t address, uint32_t bytes, AccessKind kind, Space space) {
  Warp& w = warps_[thread / 32];
  auto& turns = w.turns[pc];
  turns.resize(32);
  w.entries.push_back({pc, turns[thread % 32]++, thread % 32, bytes, address, kind, space});
}

void Trace::flush(Counters& c) {
  std::vector<uintptr_t> sectors;
  for (Warp& w : warps_) {
    std::sort(w.entries.begin(), w.entries.end(), [](const Entry& a, const Entry& b) {
      return a.pc != b.pc ? a.pc < b.pc : a.turn != b.turn ? a.turn < b.turn : a.lane < b.lane;
    });
    for (size_t begin = 0, end; begin < w.entries.size(); begin = end) {
      const Entry& first = w.entries[begin];
      for (end = begin + 1; end < w.entries.size() && w.entries[end].pc == first.pc && w.entries[end].turn == first.turn; end++) {}
      int64_t bytes = 0;
      for (size_t i = begin; i < end; i++) bytes += w.entries[i].bytes;
      if (first.kind == AccessKind::atomic) c.atomics++;
      if (first.space == Space::global) {
        sectors.clear();
        for (size_t i = begin; i < end; i++)
          for (uintptr_t s = w.entries[i].address / sector_bytes; s <= (w.entries[i].address + w.entries[i].bytes - 1) / sector_bytes; s++)
            sectors.push_back(s);
        const int64_t moved = distinct(sectors);
        if (first.kind == AccessKind::read) c.global_loads++, c.global_load_bytes += bytes, c.global_load_sectors += moved;
        else c.global_stores++, c.global_store_bytes += bytes, c.global_store_sectors += moved;
        continue;
      }
      (first.kind == AccessKind::read ? c.shared_loads : c.shared_stores)++;
      // Lanes that are served together: 32 of up to 4 bytes, 16 of 8, 8 of 16.
      const uint32_t together = first.bytes <= 4 ? 32 : first.bytes <= 8 ? 16 : 8;
      for (uint32_t group = 0; group < 32 / together; group++) {
        std::array<std::vector<uintptr_t>, banks> words;
        bool any = false;
        for (size_t i = begin; i < end; i++) {
          const Entry& e = w.entries[i];
          if (e.lane / together != group) continue;
          any = true;
          for (uintptr_t word = e.address / word_bytes; word <= (e.address + e.bytes - 1) / word_bytes; word++) words[word % banks].push_back(word);
        }
        if (!any) continue;
        int64_t passes = 1;
        for (auto& of_bank : words) passes = std::max(passes, distinct(of_bank));
        c.shared_passes += passes;
        c.shared_least_passes++;
      }
    }
    w.entries.clear(), w.turns.clear();
  }
}

}  // namespace ceir::emulator
