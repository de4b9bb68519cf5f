#include "kernels/emulator/engine.h"

#include <algorithm>
#include <mutex>

#include "kernels/emulator/source_lines.h"

namespace ceir::emulator {

constinit thread_local Engine* running = nullptr;
constinit thread_local Engine* watching = nullptr;

namespace {

constexpr size_t most_reports = 50;
constexpr size_t static_and_dynamic_limit = 227 * 1024;  // of an sm_90 block

std::string coordinates(uint3 i) { return fmt::format("({}, {}, {})", i.x, i.y, i.z); }

}  // namespace

Engine& Engine::get() {
  static Engine engine;
  return engine;
}

uint3 Engine::index_of_thread(uint32_t id) const {
  return {id % block_size.x, id / block_size.x % block_size.y, id / (block_size.x * block_size.y)};
}
uint3 Engine::index_of_block(uint32_t block) const {
  return {block % grid_size.x, block / grid_size.x % grid_size.y, block / (grid_size.x * grid_size.y)};
}

bool Engine::check_launch(const KernelLaunch& l) {
  const uint64_t threads = uint64_t{l.block.x} * l.block.y * l.block.z;
  const uint64_t blocks = uint64_t{l.grid.x} * l.grid.y * l.grid.z;
  std::string wrong;
  if (threads == 0 || threads > 1024 || l.block.z > 64) wrong = fmt::format("a block of {} threads: 1 to 1024 are possible", threads);
  else if (blocks >= UINT32_MAX || l.grid.y > 65535 || l.grid.z > 65535)
    wrong = fmt::format("a grid of {} x {} x {} blocks: y and z may be 65535 at most", l.grid.x, l.grid.y, l.grid.z);
  else if (l.shared_bytes > static_and_dynamic_limit)
    wrong = fmt::format("{} bytes of shared memory: a block may have {}", l.shared_bytes, static_and_dynamic_limit);
  if (wrong.empty()) return true;
  threads_.resize(std::max<size_t>(threads_.size(), 1));
  add_report(Mistake::bad_launch, threads_[0], "", 0, wrong);
  return false;
}

bool Engine::run(const KernelLaunch& l) {
  launch_ = &l;
  grid_size = {l.grid.x, l.grid.y, l.grid.z};
  block_size = {l.block.x, l.block.y, l.block.z};
  block_ = 0, block_index = {0, 0, 0};
  kernel_name_.clear();
  const size_t before = first_of_launch = reports.size();
  if (!check_launch(l)) return false;
  count_ = l.block.x * l.block.y * l.block.z;
  const uint32_t warps = (count_ + 31) / 32, blocks = l.grid.x * l.grid.y * l.grid.z;
  if (threads_.size() < count_) threads_.resize(count_);
  thread_order_.resize(count_), warp_order_.resize(warps);
  random_ = std::make_unique<Random>(options.schedule.seed, "emulator.schedule");
  const Order order = options.schedule.order;
  const auto fill = [&](std::vector<uint32_t>& v) {
    for (uint32_t i = 0; i < v.size(); i++) v[i] = i;
    if (order == Order::reverse) std::reverse(v.begin(), v.end());
    if (order == Order::random) random_->shuffle(v);
  };
  std::vector<uint32_t> block_order(blocks);
  fill(block_order);
  memory.begin_launch(l.shared_bytes);
  running = this;
  watching = options.watch ? this : nullptr;
  for (const uint32_t b : block_order) {
    fill(thread_order_), fill(warp_order_);
    block_ = b;
    block_index = index_of_block(b);
    run_block();
    if (reports.size() > before) break;
  }
  running = watching = nullptr;
  if (options.count) counters.launches++, counters.blocks += blocks, counters.threads += int64_t{blocks} * count_;
  launch_ = nullptr;
  return reports.size() == before;
}

void Engine::run_block() {
  block_epoch_ = 1;
  warp_epochs_.assign((count_ + 31) / 32, 1);
  memory.begin_block(options.check && options.watch);
  if (options.count) trace_.begin_block((count_ + 31) / 32);
  alive_ = count_;
  abandoned = false;
  for (uint32_t i = 0; i < count_; i++) {
    Thread& t = threads_[i];
    t.id = i, t.index = index_of_thread(i);
    t.wait = Wait::nothing;
    t.copies.clear(), t.copy_group = 0;
    t.fiber.prepare(stacks_.at(i), Stacks::bytes, thread_main);
  }
  run_threads();
  if (options.count) trace_.flush(counters);
}

void Engine::thread_main() {
  Engine& e = *running;
  e.launch_->call(e.launch_->kernel, e.launch_->arguments);
  Thread& t = e.self();
  t.wait = Wait::finished;
  e.alive_--;
  Fiber::switch_to(t.fiber, e.scheduler_);
  std::terminate();  // nobody continues a finished thread
}

void Engine::run_threads() {
  const bool greedy = options.schedule.policy == Policy::greedy;
  while (alive_ > 0 && !abandoned) {
    bool progress = false;
    if (options.schedule.order == Order::random) random_->shuffle(warp_order_);
    for (const uint32_t w : warp_order_) {
      do {
        progress |= step_warp(w);
        if (abandoned) return;
      } while (greedy && release_warp(w));
    }
    if (!greedy)
      for (const uint32_t w : warp_order_) progress |= release_warp(w);
    if (alive_ == 0 || abandoned) return;
    if (release_barrier()) continue;
    if (abandoned) return;
    if (!progress) return report_stuck();
  }
}

// Lets each thread of the warp run until it waits. False when none could.
bool Engine::step_warp(uint32_t warp) {
  bool any = false;
  for (const uint32_t i : thread_order_) {
    if (i / 32 != warp || threads_[i].wait != Wait::nothing) continue;
    any = true;
    current_ = i;
    Fiber::switch_to(scheduler_, threads_[i].fiber);
    if (abandoned) return true;
  }
  return any;
}

// Finishes a warp operation whose lanes are all there. Results are made here, when the warp is released: a lane that
// continued early could overwrite what others have yet to read.
bool Engine::release_warp(uint32_t warp) {
  const uint32_t begin = warp * 32, end = std::min(begin + 32, count_);
  bool any = false;
  for (uint32_t first = begin; first < end; first++) {
    const Thread& leader = threads_[first];
    if (leader.wait != Wait::warp) continue;
    Thread* lanes[32] = {};
    uint32_t arrived = 0;
    bool complete = true;
    for (uint32_t i = begin; i < end; i++) {
      Thread& t = threads_[i];
      if (!(leader.mask >> (i - begin) & 1) || t.wait == Wait::finished) continue;
      if (t.wait != Wait::warp || t.operation != leader.operation || t.mask != leader.mask) { complete = false; break; }
      lanes[i - begin] = &t;
      arrived |= 1u << (i - begin);
    }
    if (!complete) continue;
    leader.operation(lanes, arrived);
    if (abandoned) return true;
    for (Thread* t : lanes)
      if (t) t->wait = Wait::nothing;
    if (options.count) counters.warp_operations++;
    any = true;
  }
  return any;
}

bool Engine::release_barrier() {
  const Thread* first = nullptr;
  for (uint32_t i = 0; i < count_; i++) {
    const Thread& t = threads_[i];
    if (t.wait == Wait::finished) continue;
    if (t.wait != Wait::barrier) return false;
    if (!first) first = &t;
  }
  if (!first) return false;
  for (uint32_t i = 0; i < count_; i++) {
    const Thread& t = threads_[i];
    if (t.wait == Wait::finished) {
      report(Mistake::divergent_barrier, *first, first->where,
             fmt::format("waits at __syncthreads(), but thread {} has left the kernel", coordinates(t.index)), true);
      return false;
    }
    if (t.where.line() == first->where.line() && t.where.column() == first->where.column()) continue;
    report(Mistake::divergent_barrier, t, t.where,
           fmt::format("waits at this __syncthreads(), but thread {} at the one of line {}", coordinates(first->index), first->where.line()), true);
    return false;
  }
  block_epoch_++;
  if (options.count) counters.barriers++, trace_.flush(counters);
  for (uint32_t i = 0; i < count_; i++) threads_[i].wait = Wait::nothing;
  return true;
}

// Nobody can run: some wait at the barrier, or for lanes that never come.
void Engine::report_stuck() {
  for (uint32_t i = 0; i < count_; i++) {
    const Thread& t = threads_[i];
    if (t.wait != Wait::warp) continue;
    for (uint32_t lane = 0; lane < 32; lane++) {
      const uint32_t k = i / 32 * 32 + lane;
      if (!(t.mask >> lane & 1) || k >= count_) continue;
      const Thread& other = threads_[k];
      if (other.wait == Wait::finished || (other.wait == Wait::warp && other.operation == t.operation && other.mask == t.mask)) continue;
      const std::string there = other.wait == Wait::barrier ? std::string("__syncthreads()") : other.operation_name;
      return report(Mistake::warp_mismatch, t, t.where,
                    fmt::format("waits in {} with mask {:#010x} for thread {}, which waits in {}{} of line {}", t.operation_name, t.mask,
                                coordinates(other.index), there, other.wait == Wait::warp ? fmt::format(" with mask {:#010x}", other.mask) : "",
                                other.where.line()), true);
    }
  }
  for (uint32_t i = 0; i < count_; i++)
    if (threads_[i].wait == Wait::warp)
      return report(Mistake::warp_mismatch, threads_[i], threads_[i].where, "waits for lanes that never come", true);
}

void Engine::at_barrier(Where where) {
  const Site* site = nullptr;
  for (const Site& s : sites)
    if (s.at.line == where.line() && (s.file == where.file_name() || std::strcmp(s.file, where.file_name()) == 0)) site = &s;
  if (!site) site = &sites.emplace_back(Site{where.file_name(), {tidy_path(where.file_name()), where.line()}});
  if (site->at == options.without) return;
  Thread& t = self();
  t.where = where;
  t.wait = Wait::barrier;
  Fiber::switch_to(t.fiber, scheduler_);
}

void Engine::in_warp(uint32_t mask, WarpOperation operation, const char* name, void* operands, Where where) {
  Thread& t = self();
  if (!(mask >> (t.id % 32) & 1)) {
    report(Mistake::warp_mismatch, t, where, fmt::format("calls {} with mask {:#010x}, in which its own lane {} is missing", name, mask, t.id % 32), true);
    abandon();
  }
  t.where = where, t.mask = mask, t.operation = operation, t.operation_name = name, t.operands = operands;
  t.wait = Wait::warp;
  Fiber::switch_to(t.fiber, scheduler_);
}

void Engine::access(const void* p, size_t bytes, AccessKind kind, uint32_t pc) {
  Thread& t = self();
  if (t.fiber.on_stack(p)) return;
  const Space space = memory.space_of(p, bytes, kind != AccessKind::read);
  if (space == Space::constant) return;
  if (space == Space::nowhere) {
    report_at(Mistake::out_of_bounds, t, pc,
              fmt::format("{} {} bytes at {}", kind == AccessKind::read ? "reads" : "writes", bytes, memory.describe(p)), true);
    abandon();
  }
  if (bytes <= 16 && (reinterpret_cast<uintptr_t>(p) & (bytes - 1)) && (bytes & (bytes - 1)) == 0) {
    report_at(Mistake::misaligned, t, pc, fmt::format("an access of {} bytes at an address that is no multiple of {}", bytes, bytes), true);
    abandon();
  }
  if (options.check) memory.access(*this, p, bytes, kind, space, moment(t), pc);
  if (options.count) trace_.add(t.id, pc, reinterpret_cast<uintptr_t>(p), static_cast<uint32_t>(bytes), kind, space);
}

void Engine::beyond_array(const std::string& detail, uint32_t pc) {
  report_at(Mistake::out_of_bounds, self(), pc, detail, true);
  abandon();
}

void Engine::abandon() {
  Fiber::switch_to(self().fiber, scheduler_);
  std::terminate();  // nobody continues an abandoned block
}

void Engine::report(Mistake mistake, const Thread& thread, Where where, const std::string& detail, bool fatal) {
  add_report(mistake, thread, tidy_path(where.file_name()), where.line(), detail);
  if (fatal) abandoned = true;
}

void Engine::report_at(Mistake mistake, const Thread& thread, uint32_t pc, const std::string& detail, bool fatal) {
  const SourceLine s = source_line(pc);
  add_report(mistake, thread, s.file, s.line, detail);
  if (fatal) abandoned = true;
}

void Engine::add_report(Mistake mistake, const Thread& thread, const std::string& file, uint32_t line, const std::string& detail) {
  if (reports.size() >= most_reports) return;
  if (kernel_name_.empty()) kernel_name_ = source_line(offset_of(launch_->kernel)).function;
  for (const Report& r : reports)
    if (r.mistake == mistake && r.line == line && r.kernel == kernel_name_ && r.file == file) return;
  reports.push_back({mistake, kernel_name_, {block_index.x, block_index.y, block_index.z},
                     {thread.index.x, thread.index.y, thread.index.z}, file, line, detail});
}

}  // namespace ceir::emulator
