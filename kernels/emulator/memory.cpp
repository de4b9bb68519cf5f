#include "kernels/emulator/memory.h"

#include <link.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "kernels/emulator/engine.h"
#include "kernels/emulator/source_lines.h"

namespace ceir::emulator {
namespace {

constexpr int poison = 0xff;  // a NaN in every floating-point type, -1 in the integers

size_t cells_for(size_t bytes) { return (bytes + granule - 1) / granule; }

Cell* map_cells(size_t bytes) {
  void* p = mmap(nullptr, std::max<size_t>(cells_for(bytes) * sizeof(Cell), 1), PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return p == MAP_FAILED ? nullptr : static_cast<Cell*>(p);
}

struct Extents {
  uintptr_t program_begin = 0, program_end = 0, static_begin = 0, static_end = 0;
};

// The program itself comes first in the list of what is loaded.
int note_extents(dl_phdr_info* info, size_t, void* out) {
  auto& e = *static_cast<Extents*>(out);
  e.program_begin = UINTPTR_MAX;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const auto& h = info->dlpi_phdr[i];
    if (h.p_type == PT_LOAD) {
      e.program_begin = std::min(e.program_begin, static_cast<uintptr_t>(info->dlpi_addr + h.p_vaddr));
      e.program_end = std::max(e.program_end, static_cast<uintptr_t>(info->dlpi_addr + h.p_vaddr + h.p_memsz));
    }
    if (h.p_type == PT_TLS) {
      e.static_begin = reinterpret_cast<uintptr_t>(info->dlpi_tls_data);
      e.static_end = e.static_begin + h.p_memsz;
    }
  }
  return 1;
}

}  // namespace

void* Memory::allocate(size_t bytes) {
  const size_t mapped = (bytes + 4095) / 4096 * 4096 + 2 * red_zone;
  void* p = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return nullptr;
  Cell* cells = map_cells(bytes);
  if (!cells) {
    munmap(p, mapped);
    return nullptr;
  }
  char* begin = static_cast<char*>(p) + red_zone;
  std::memset(begin, poison, bytes);
  mprotect(p, red_zone, PROT_NONE);
  mprotect(static_cast<char*>(p) + mapped - red_zone, red_zone, PROT_NONE);
  buffers_[reinterpret_cast<uintptr_t>(begin)] = {bytes, mapped, cells};
  last_ = nullptr;
  in_use_ += bytes;
  return begin;
}

bool Memory::release(void* p) {
  const auto it = buffers_.find(reinterpret_cast<uintptr_t>(p));
  if (it == buffers_.end()) return false;
  munmap(it->second.cells, std::max<size_t>(cells_for(it->second.bytes) * sizeof(Cell), 1));
  munmap(static_cast<char*>(p) - red_zone, it->second.mapped);
  in_use_ -= it->second.bytes;
  last_ = nullptr;
  buffers_.erase(it);
  return true;
}

const std::pair<const uintptr_t, Memory::Buffer>* Memory::find(uintptr_t p) const {
  if (last_ && p >= last_->first && p < last_->first + last_->second.bytes) return last_;
  auto it = buffers_.upper_bound(p);
  if (it == buffers_.begin()) return nullptr;
  --it;
  if (p >= it->first + it->second.bytes) return nullptr;
  return last_ = &*it;
}

bool Memory::inside(const void* p, size_t bytes) const {
  const auto a = reinterpret_cast<uintptr_t>(p);
  const auto* b = find(a);
  return b && bytes <= b->first + b->second.bytes - a;
}

void Memory::mark_initialised(const void* p, size_t bytes) {
  const auto a = reinterpret_cast<uintptr_t>(p);
  const auto* b = find(a);
  if (!b) return;
  for (size_t i = (a - b->first) / granule; i < cells_for(a - b->first + bytes); i++) b->second.cells[i].initialised = true;
}

std::string Memory::describe(const void* p) const {
  const auto a = reinterpret_cast<uintptr_t>(p);
  const auto shared = reinterpret_cast<uintptr_t>(dynamic_);
  if (dynamic_ && a + red_zone >= shared && a < shared + dynamic_bytes_ + red_zone)
    return fmt::format("byte {} of {} bytes of dynamic shared memory", static_cast<int64_t>(a - shared), dynamic_bytes_);
  if (a < 4096) return a == 0 ? "a null pointer" : fmt::format("address {}, a null pointer with an offset", a);
  const auto next = buffers_.upper_bound(a);
  std::string text;
  uintptr_t best = UINTPTR_MAX;
  if (next != buffers_.begin()) {
    const auto& b = *std::prev(next);
    best = a - b.first;
    text = a < b.first + b.second.bytes ? fmt::format("byte {} of a buffer of {} bytes, and beyond its end", best, b.second.bytes)
                                        : fmt::format("{} bytes after the end of a buffer of {} bytes", best - b.second.bytes, b.second.bytes);
  }
  if (next != buffers_.end() && next->first - a < best)
    text = fmt::format("{} bytes before the beginning of a buffer of {} bytes", next->first - a, next->second.bytes);
  return text.empty() ? "an address that belongs to no buffer" : text;
}

void Memory::begin_launch(size_t dynamic_shared_bytes) {
  launch_stamp_++;
  dynamic_bytes_ = dynamic_shared_bytes;
  dynamic_store_.resize(std::max(dynamic_store_.size(), dynamic_bytes_ + 2 * red_zone + 128));
  const auto begin = reinterpret_cast<uintptr_t>(dynamic_store_.data()) + red_zone;
  dynamic_ = reinterpret_cast<char*>((begin + 127) / 128 * 128);
  dynamic_cells_.resize(std::max(dynamic_cells_.size(), cells_for(dynamic_bytes_)));
  Extents e;
  dl_iterate_phdr(note_extents, &e);  // each time: thread-local storage belongs to the thread that launches
  program_begin_ = e.program_begin, program_end_ = e.program_end;
  static_begin_ = e.static_begin, static_end_ = e.static_end;
  static_cells_.resize(cells_for(static_end_ - static_begin_));
  static_touched_.clear();
}

void Memory::begin_block(bool check) {
  block_stamp_++;
  if (!check) return;
  std::memset(dynamic_, poison, dynamic_bytes_);
  // Thread-local storage holds other things too: only what a kernel wrote before is poisoned.
  for (const uint32_t cell : static_touched_) std::memset(reinterpret_cast<char*>(static_begin_) + cell * granule, poison, granule);
  static_touched_.clear();
}

Space Memory::space_of(const void* p, size_t bytes, bool write) const {
  const auto a = reinterpret_cast<uintptr_t>(p);
  const auto shared = reinterpret_cast<uintptr_t>(dynamic_);
  if (a >= shared && a + bytes <= shared + dynamic_bytes_) return Space::shared;
  if (a >= static_begin_ && a + bytes <= static_end_) return Space::shared;
  if (inside(p, bytes)) return Space::global;
  if (!write && a >= program_begin_ && a + bytes <= program_end_) return Space::constant;
  return Space::nowhere;
}

Cell* Memory::cells_of(const void* p, Space space) {
  const auto a = reinterpret_cast<uintptr_t>(p);
  if (space == Space::global) {
    const auto* b = find(a);
    return b->second.cells + (a - b->first) / granule;
  }
  if (a >= static_begin_ && a < static_end_) return &static_cells_[(a - static_begin_) / granule];
  return &dynamic_cells_[(a - reinterpret_cast<uintptr_t>(dynamic_)) / granule];
}

void Memory::access(Engine& engine, const void* p, size_t bytes, AccessKind kind, Space space, const Moment& moment, uint32_t pc) {
  Cell* const cells = cells_of(p, space);
  const size_t n = cells_for((reinterpret_cast<uintptr_t>(p) & (granule - 1)) + bytes);
  const bool of_static = space == Space::shared && reinterpret_cast<uintptr_t>(p) >= static_begin_ && reinterpret_cast<uintptr_t>(p) < static_end_;
  const uint32_t stamp = space == Space::global ? launch_stamp_ : block_stamp_;
  for (size_t i = 0; i < n; i++) {
    Cell& cell = cells[i];
    if (cell.stamp != stamp) {
      cell.stamp = stamp;
      cell.written = cell.read = cell.copy_pending = false;
      if (space == Space::shared) cell.initialised = false;
    }
    if (of_static && kind != AccessKind::read && !cell.written) static_touched_.push_back(static_cast<uint32_t>(&cell - static_cells_.data()));
    check_cell(engine, cell, kind, space, moment, pc);
  }
}

namespace {

// No order between the two: another block, or the same block without a barrier between.
bool unordered(const Toucher& before, const Moment& now) {
  if (before.of_blocks || before.at.block != now.block) return true;
  if (before.at.block_epoch != now.block_epoch) return false;
  if (before.of_warps) return true;
  if (before.at.thread / 32 != now.thread / 32) return true;
  if (before.at.warp_epoch != now.warp_epoch) return false;
  return before.of_warp || before.at.thread != now.thread;
}

}  // namespace

void Memory::check_cell(Engine& engine, Cell& cell, AccessKind kind, Space space, const Moment& now, uint32_t pc) {
  const auto conflict = [&](const Toucher& other, const char* does, const char* did) {
    const SourceLine line = source_line(other.pc);
    const uint3 t = engine.index_of_thread(other.at.thread), b = engine.index_of_block(other.at.block);
    std::string who = fmt::format("thread ({}, {}, {})", t.x, t.y, t.z);
    if (other.at.block != now.block) who += fmt::format(" of block ({}, {}, {})", b.x, b.y, b.z);
    engine.report_at(Mistake::race, engine.self(), pc,
                     fmt::format("{} {} memory that {} {} at line {}, with no barrier between", does,
                                 space == Space::shared ? "shared" : "global", who, did, line.line), false);
  };
  const bool write = kind != AccessKind::read, atomic = kind == AccessKind::atomic;
  if (kind != AccessKind::write && !cell.initialised)
    engine.report_at(Mistake::uninitialised, engine.self(), pc,
                     fmt::format("reads {} memory that nothing was written to", space == Space::shared ? "shared" : "global"), false);
  if (!write && cell.copy_pending)
    engine.report_at(Mistake::unfinished_copy, engine.self(), pc, "reads what a cp.async is still copying: wait for its group first", false);
  if (cell.written && unordered(cell.writer, now) && !(atomic && cell.writer.atomic))
    conflict(cell.writer, write ? "writes" : "reads", "wrote");
  if (write) {
    if (cell.read && unordered(cell.reader, now)) conflict(cell.reader, "writes", "read");
    cell.written = cell.initialised = true;
    cell.writer = {now, pc, atomic};
    return;
  }
  if (!cell.read || !unordered(cell.reader, now)) {  // earlier readers come before this one for everybody
    cell.read = true;
    cell.reader = {now, pc};
    return;
  }
  if (cell.reader.at.block != now.block) cell.reader.of_blocks = true;
  else if (cell.reader.at.thread / 32 != now.thread / 32) cell.reader.of_warps = true;
  else if (cell.reader.at.thread != now.thread) cell.reader.of_warp = true;
}

void Memory::set_copy_pending(const void* shared, size_t bytes, bool pending) {
  Cell* cells = cells_of(shared, Space::shared);
  for (size_t i = 0; i < cells_for(bytes); i++) cells[i].copy_pending = pending;
}

}  // namespace ceir::emulator
