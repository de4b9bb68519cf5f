// The block emulator: runs kernels written in CUDA C++ on the CPU, and tells what is wrong with them.
//
// Every thread of a block is a fiber; a block is run to its end before the next begins. The .cu source itself is
// compiled, with g++ -fsanitize=thread; the functions that this option calls at every load and store are ours
// (tsan_hooks.cpp), so that each access to memory is seen. It proves a kernel's logic: races, barriers, bounds. It says
// nothing about speed, and nothing about the weak ordering of memory on a GPU.
//
// This header is for whoever runs kernels (tests, ceir bench). What a .cu file sees is kernels/emulator/cuda.h.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace ceir::emulator {

// In which order threads get to run. A mistake may show in one order only, so tests run all six.
enum class Policy : uint8_t {
  round_robin,  // each thread in turn, up to its next barrier, shuffle or vote
  greedy,       // one warp up to the block's barrier, then the next warp
};
enum class Order : uint8_t { forward, reverse, random };
struct Schedule {
  Policy policy = Policy::greedy;
  Order order = Order::forward;
  uint64_t seed = 1;  // of Order::random
};
const std::vector<Schedule>& all_schedules();  // two policies x three orders
std::string name_of(const Schedule& schedule);  // "greedy, reverse"

// A line of source with a __syncthreads().
struct BarrierSite {
  std::string file;
  uint32_t line = 0;
  friend bool operator==(const BarrierSite&, const BarrierSite&) = default;
};

struct Options {
  Schedule schedule;
  bool check = true;         // keep a record of every byte; without it only accesses outside of all buffers are found
  bool watch = true;         // look at accesses at all; without it kernels run as fast as they can, and neither of the others is done
  bool count = false;        // fill counters()
  BarrierSite without = {};  // this barrier does nothing (mutation tests)
};
// Of the launches that follow. Kernels run one at a time, whoever launches them.
Options options();
void set_options(const Options& options);

enum class Mistake : uint8_t {
  out_of_bounds,        // outside of every buffer, of the block's shared memory, or of an array whose size is in its type
  misaligned,           // an access of 16 bytes at an address that is no multiple of 16, ...
  uninitialised,        // read before anything was written
  race,                 // two threads, one of them writing, no barrier between
  divergent_barrier,    // __syncthreads() reached by some threads of the block only, or at different lines
  warp_mismatch,        // shuffle, vote, mma: lanes named in the mask that never come, or a lane not in its own mask
  undefined_shuffle,    // reads a lane that takes no part
  unfinished_copy,      // shared memory read while a cp.async into it has not been waited for
  bad_launch,           // block too large, too much shared memory
};
const char* name_of(Mistake mistake);

struct Report {
  Mistake mistake;
  std::string kernel;   // "ceir::softmax_naive"
  uint32_t block[3], thread[3];
  std::string file;     // "kernels/softmax/softmax_v1_naive.cu"
  uint32_t line = 0;    // 0 when the program has no line numbers
  std::string detail;   // "reads what thread (5, 0, 0) wrote at line 31"
  std::string text() const;  // all of it in one sentence
};

// Mistakes found since the last call, each once per kernel and line. The launch that met them has failed.
std::vector<Report> take_reports();

// Every __syncthreads() that was executed since the program began.
std::vector<BarrierSite> barrier_sites();

// A model of the memory system, for teaching: what the addresses alone say, no caches, no clock.
// A request is one instruction executed by one warp. A sector is 32 bytes of global memory. Shared memory has 32 banks of
// 4 bytes: a request takes as many passes as the most asked bank has different words (8-byte accesses are served in two
// halves of the warp, 16-byte ones in four quarters, so that 1, 2 and 4 passes are the least).
struct Counters {
  int64_t launches = 0, blocks = 0, threads = 0;
  int64_t global_loads = 0, global_stores = 0;            // requests
  int64_t global_load_bytes = 0, global_store_bytes = 0;  // asked for by threads
  int64_t global_load_sectors = 0, global_store_sectors = 0;
  int64_t shared_loads = 0, shared_stores = 0;            // requests
  int64_t shared_passes = 0, shared_least_passes = 0;     // taken, and without any conflict
  int64_t barriers = 0;                                   // per block
  int64_t warp_operations = 0;                            // shuffles, votes, mma, ldmatrix: per warp
  int64_t atomics = 0;                                    // requests
  int64_t bank_conflicts() const { return shared_passes - shared_least_passes; }
  // Bytes asked for of bytes moved, in percent: 100 when every sector is used whole, more when lanes share words. -1 without
  // global accesses.
  double coalescing_percent() const;
};
Counters counters();
void reset_counters();

}  // namespace ceir::emulator
