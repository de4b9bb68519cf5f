#include "kernels/emulator/emulator.h"

#include <utility>

#include "kernels/emulator/engine.h"

namespace ceir::emulator {

const std::vector<Schedule>& all_schedules() {
  static const std::vector<Schedule> list = [] {
    std::vector<Schedule> all;
    for (const Policy p : {Policy::greedy, Policy::round_robin})
      for (const Order o : {Order::forward, Order::reverse, Order::random}) all.push_back({p, o, 1});
    return all;
  }();
  return list;
}

std::string name_of(const Schedule& s) {
  const char* order = s.order == Order::forward ? "forward" : s.order == Order::reverse ? "reverse" : "random";
  return fmt::format("{}, {}", s.policy == Policy::greedy ? "greedy" : "round robin", order);
}

const char* name_of(Mistake m) {
  switch (m) {
    case Mistake::out_of_bounds: return "out of bounds";
    case Mistake::misaligned: return "misaligned";
    case Mistake::uninitialised: return "uninitialised read";
    case Mistake::race: return "race";
    case Mistake::divergent_barrier: return "divergent barrier";
    case Mistake::warp_mismatch: return "warp operation without all its lanes";
    case Mistake::undefined_shuffle: return "undefined shuffle";
    case Mistake::unfinished_copy: return "unfinished copy";
    case Mistake::bad_launch: return "bad launch";
  }
  return "mistake";
}

std::string Report::text() const {
  return fmt::format("{} in {}, block ({}, {}, {}), thread ({}, {}, {}), {}: {}", name_of(mistake), kernel.empty() ? "a kernel" : kernel,
                     block[0], block[1], block[2], thread[0], thread[1], thread[2],
                     file.empty() ? std::string("line unknown") : fmt::format("{}:{}", file, line), detail);
}

Options options() { return Engine::get().options; }
void set_options(const Options& options) { Engine::get().options = options; }

std::vector<Report> take_reports() {
  Engine::get().first_of_launch = 0;
  return std::exchange(Engine::get().reports, {});
}

std::vector<BarrierSite> barrier_sites() {
  std::vector<BarrierSite> sites;
  for (const Engine::Site& s : Engine::get().sites) sites.push_back(s.at);
  return sites;
}

Counters counters() { return Engine::get().counters; }
void reset_counters() { Engine::get().counters = {}; }

double Counters::coalescing_percent() const {
  const int64_t moved = 32 * (global_load_sectors + global_store_sectors);
  return moved == 0 ? -1 : 100.0 * static_cast<double>(global_load_bytes + global_store_bytes) / static_cast<double>(moved);
}

// --- what a kernel's threads call (cuda.h) ---

uint3 thread_index() { return running->self().index; }
uint3 block_index() { return running->block_index; }
uint3 block_size() { return running->block_size; }
uint3 grid_size() { return running->grid_size; }
int lane_index() { return static_cast<int>(running->self().id % 32); }

void* dynamic_shared() { return running->memory.dynamic_shared(); }
void barrier(Where where) { running->at_barrier(where); }

void warp_barrier(uint32_t mask, Where where) {
  running->in_warp(mask, [](Thread* const lanes[32], uint32_t arrived) {
    Thread* first = nullptr;
    for (int i = 0; i < 32 && !first; i++) first = lanes[i];
    // Orders all lanes that are still there; a part of the warp stays unordered with the rest.
    bool whole = true;
    for (uint32_t lane = 0, base = first->id / 32 * 32; lane < 32; lane++) {
      if (base + lane >= running->thread_count() || arrived >> lane & 1) continue;
      whole = whole && running->thread(base + lane).wait == Wait::finished;
    }
    if (whole) running->warp_synchronised(first->id / 32);
  }, "__syncwarp()", nullptr, where);
}

namespace {
struct Shuffle {
  uint64_t value, result;
  int lane;
};
struct Vote {
  bool predicate;
  uint32_t result;
};
}  // namespace

uint64_t shuffle(uint32_t mask, uint64_t value, int lane, Where where) {
  Shuffle s{value, UINT64_MAX, lane};
  running->in_warp(mask, [](Thread* const lanes[32], uint32_t arrived) {
    for (int i = 0; i < 32; i++) {
      if (!lanes[i]) continue;
      Shuffle& own = *static_cast<Shuffle*>(lanes[i]->operands);
      if (own.lane >= 0 && own.lane < 32 && arrived >> own.lane & 1) {
        own.result = static_cast<const Shuffle*>(lanes[own.lane]->operands)->value;
        continue;
      }
      running->report(Mistake::undefined_shuffle, *lanes[i], lanes[i]->where,
                      fmt::format("reads lane {}, which takes no part (mask {:#010x})", own.lane, lanes[i]->mask), false);
    }
  }, "a shuffle", &s, where);
  return s.result;
}

uint32_t ballot(uint32_t mask, bool predicate, Where where) {
  Vote v{predicate, 0};
  running->in_warp(mask, [](Thread* const lanes[32], uint32_t) {
    uint32_t votes = 0;
    for (uint32_t i = 0; i < 32; i++)
      if (lanes[i] && static_cast<const Vote*>(lanes[i]->operands)->predicate) votes |= 1u << i;
    for (Thread* t : std::vector<Thread*>(lanes, lanes + 32))
      if (t) static_cast<Vote*>(t->operands)->result = votes;
  }, "a vote", &v, where);
  return v.result;
}

}  // namespace ceir::emulator
