// What the emulator knows of memory: which addresses belong to what, and who touched each byte last.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ceir::emulator {

class Engine;

enum class AccessKind : uint8_t { read, write, atomic };

// Two accesses of one block are ordered when a __syncthreads() lies between (block_epoch), or, within a warp, a
// __syncwarp() (warp_epoch). Blocks have no order.
struct Moment {
  uint32_t block, thread, block_epoch, warp_epoch;
};

struct Toucher {
  Moment at{};
  uint32_t pc = 0;
  bool atomic = false;
  // More than one thread: of this warp, of two warps of the block, of two blocks.
  bool of_warp = false, of_warps = false, of_blocks = false;
};

struct Cell {
  uint32_t stamp = 0;  // of the launch (global) or the block (shared) that touched it; older is forgotten
  bool initialised = false, copy_pending = false;
  bool written = false, read = false;
  Toucher writer, reader;
};

// Cells are this many bytes: neighbouring single bytes written by two threads would look like a race.
constexpr size_t granule = 2;

enum class Space : uint8_t { local, shared, global, constant, nowhere };

class Memory {
 public:
  static constexpr size_t red_zone = 4096;

  // Buffers of the emulated device: between red zones, filled with 0xff. Null when there is no memory.
  void* allocate(size_t bytes);
  bool release(void* p);                    // false: no such buffer
  bool inside(const void* p, size_t bytes) const;   // wholly in one buffer
  void mark_initialised(const void* p, size_t bytes);
  std::string describe(const void* p) const;  // "8 bytes after a buffer of 4000 bytes"
  size_t bytes_in_use() const { return in_use_; }

  void begin_launch(size_t dynamic_shared_bytes);
  void begin_block(bool check);
  void* dynamic_shared() { return dynamic_; }

  // Where p lies. local is left to the caller, who knows the stacks.
  Space space_of(const void* p, size_t bytes, bool write) const;

  // Records the access and reports what is wrong with it.
  void access(Engine& engine, const void* p, size_t bytes, AccessKind kind, Space space, const Moment& moment, uint32_t pc);
  void set_copy_pending(const void* shared, size_t bytes, bool pending);

 private:
  struct Buffer {
    size_t bytes, mapped;
    Cell* cells;
  };
  struct Static;  // the thread-local block
  Cell* cells_of(const void* p, Space space);
  const std::pair<const uintptr_t, Buffer>* find(uintptr_t p) const;
  void check_cell(Engine& engine, Cell& cell, AccessKind kind, Space space, const Moment& moment, uint32_t pc);

  std::map<uintptr_t, Buffer> buffers_;
  mutable const std::pair<const uintptr_t, Buffer>* last_ = nullptr;
  size_t in_use_ = 0;
  char* dynamic_ = nullptr;       // red zone before and after
  size_t dynamic_bytes_ = 0;
  std::vector<char> dynamic_store_;
  std::vector<Cell> dynamic_cells_, static_cells_;
  uintptr_t static_begin_ = 0, static_end_ = 0;      // this thread's thread-local storage
  uintptr_t program_begin_ = 0, program_end_ = 0;    // the executable: constants live there
  std::vector<uint32_t> static_touched_;             // cells written since the block began
  uint32_t launch_stamp_ = 0, block_stamp_ = 0;
};

}  // namespace ceir::emulator
