// Inside the emulator: the threads of the block that runs now, and what they wait for.
#pragma once
#include <memory>
#include <vector>

#include "kernels/base/random.h"
#include "kernels/emulator/counters.h"
#include "kernels/emulator/cuda.h"
#include "kernels/emulator/emulator.h"
#include "kernels/emulator/fiber.h"
#include "kernels/emulator/memory.h"
#include "kernels/launch/runtime.h"

namespace ceir::emulator {

enum class Wait : uint8_t { nothing, barrier, warp, finished };

struct Thread;
// What a warp does together: called once all lanes of `arrived` are there, on their operands.
using WarpOperation = void (*)(Thread* const lanes[32], uint32_t arrived);

struct PendingCopy {  // one cp.async
  void* to;
  const void* from;
  uint32_t bytes, read_bytes, pc, group;
};

struct Thread {
  Fiber fiber;
  uint3 index;
  uint32_t id = 0;              // linear in its block
  Wait wait = Wait::nothing;
  Where where;                  // of the barrier or warp operation it waits in
  uint32_t mask = 0;            // of the warp operation
  WarpOperation operation = nullptr;
  const char* operation_name = "";
  void* operands = nullptr;
  std::vector<PendingCopy> copies;  // of cp.async, oldest first
  uint32_t copy_group = 0;          // groups committed so far
};

class Engine {
 public:
  static Engine& get();

  // Runs all blocks. False when mistakes were found; they are in reports.
  bool run(const KernelLaunch& launch);

  // --- called by a kernel's threads ---
  Thread& self() { return threads_[current_]; }
  const Thread& thread(uint32_t id) const { return threads_[id]; }
  void at_barrier(Where where);
  // Waits for all lanes of the mask, then `operation` has been done on everybody's operands.
  void in_warp(uint32_t mask, WarpOperation operation, const char* name, void* operands, Where where);
  void access(const void* p, size_t bytes, AccessKind kind, uint32_t pc);
  [[noreturn]] void beyond_array(const std::string& detail, uint32_t pc);
  // `fatal`: the thread cannot go on; the block ends here.
  void report(Mistake mistake, const Thread& thread, Where where, const std::string& detail, bool fatal);
  void report_at(Mistake mistake, const Thread& thread, uint32_t pc, const std::string& detail, bool fatal);

  Moment moment(const Thread& t) const { return {block_, t.id, block_epoch_, warp_epochs_[t.id / 32]}; }
  void warp_synchronised(uint32_t warp) { warp_epochs_[warp]++; }
  uint32_t thread_count() const { return count_; }
  uint3 index_of_thread(uint32_t id) const;
  uint3 index_of_block(uint32_t block) const;

  Options options;
  std::vector<Report> reports;
  size_t first_of_launch = 0;  // the reports before this one are of earlier launches
  struct Site { const char* file; BarrierSite at; };
  std::vector<Site> sites;  // of barriers
  Counters counters;
  Memory memory;
  uint3 block_index, block_size, grid_size;
  bool abandoned = false;  // the block cannot go on

 private:
  bool check_launch(const KernelLaunch& launch);
  void run_block();
  void run_threads();
  bool step_warp(uint32_t warp);
  bool release_warp(uint32_t warp);
  bool release_barrier();
  void report_stuck();
  void add_report(Mistake mistake, const Thread& thread, const std::string& file, uint32_t line, const std::string& detail);
  [[noreturn]] void abandon();
  static void thread_main();

  Stacks stacks_;
  std::vector<Thread> threads_;
  std::vector<uint32_t> thread_order_, warp_order_, warp_epochs_;
  Fiber scheduler_;
  const KernelLaunch* launch_ = nullptr;
  uint32_t count_ = 0, alive_ = 0, current_ = 0, block_ = 0, block_epoch_ = 1;
  std::string kernel_name_;
  std::unique_ptr<Random> random_;
  Trace trace_;
};

// Set while this thread of the operating system runs a kernel.
extern constinit thread_local Engine* running;
extern constinit thread_local Engine* watching;  // the same while accesses are looked at

}  // namespace ceir::emulator
