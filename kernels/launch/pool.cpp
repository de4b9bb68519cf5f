#include "kernels/launch/pool.h"

#include <algorithm>
#include <bit>
#include <map>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kernels/launch/runtime.h"

namespace ceir {
namespace {

// A block of a graph. What was there before the capture is only kept: the graph's first nodes may read it, at every launch.
struct Shared {
  PoolShare* share;
  PoolBlock block;
  bool free, from_before;
};
thread_local PoolShare* share_of_thread = nullptr;

struct Pool {
  std::mutex mutex;
  std::unordered_map<void*, Shared> shared;
  std::map<std::pair<const Runtime*, size_t>, std::vector<void*>> blocks;  // by capacity
  int64_t live = 0, peak = 0, kept = 0;
};
// Leaked on purpose: tensors in static storage may be freed after it.
Pool& pool() {
  static Pool* p = new Pool;
  return *p;
}

// In steps of an eighth of a power of two: at most 12.5 % waste.
size_t rounded(size_t bytes) {
  const size_t step = std::max<size_t>(256, std::bit_floor(bytes) / 8);
  return (bytes + step - 1) / step * step;
}

void release_kept(Pool& p, const Runtime& runtime) {
  for (auto& [key, list] : p.blocks) {
    if (key.first != &runtime) continue;
    for (void* memory : list) runtime.release(memory), p.kept -= static_cast<int64_t>(key.second);
    list.clear();
  }
}

}  // namespace

PoolBlock take_from_pool(size_t bytes) {
  const Runtime* runtime = current_runtime();
  if (!runtime) fail(ErrorKind::internal, "memory of the device was asked for before a device was chosen");
  PoolBlock block{runtime, nullptr, rounded(std::max<size_t>(bytes, 1))};
  Pool& p = pool();
  std::lock_guard lock(p.mutex);
  if (share_of_thread)
    for (auto& [memory, s] : p.shared)
      if (s.share == share_of_thread && s.free && !s.from_before && s.block.capacity == block.capacity && s.block.runtime == runtime)
        return s.free = false, s.block;
  if (auto it = p.blocks.find({runtime, block.capacity}); it != p.blocks.end() && !it->second.empty()) {
    block.memory = it->second.back();
    it->second.pop_back();
    p.kept -= static_cast<int64_t>(block.capacity);
  } else if (int code = runtime->allocate(&block.memory, block.capacity); code != 0) {
    require_ok(*runtime, runtime->synchronize(nullptr), "waiting for the device");  // what is kept may still be in use
    release_kept(p, *runtime);
    code = runtime->allocate(&block.memory, block.capacity);
    require_ok(*runtime, code, fmt::format("asking the device for {} MB more, with {} MB in use,", bytes >> 20, p.live >> 20).c_str());
  }
  if (share_of_thread) p.shared[block.memory] = {share_of_thread, block, false, false};
  p.live += static_cast<int64_t>(block.capacity);
  p.peak = std::max(p.peak, p.live);
  return block;
}

void give_to_pool(const PoolBlock& block) {
  if (!block.memory) return;
  Pool& p = pool();
  std::lock_guard lock(p.mutex);
  if (const auto it = p.shared.find(block.memory); it != p.shared.end()) return void(it->second.free = true);
  if (share_of_thread) return void(p.shared[block.memory] = {share_of_thread, block, true, true});
  p.blocks[{block.runtime, block.capacity}].push_back(block.memory);
  p.live -= static_cast<int64_t>(block.capacity);
  p.kept += static_cast<int64_t>(block.capacity);
}

PoolShare::~PoolShare() {
  Pool& p = pool();
  std::lock_guard lock(p.mutex);
  for (auto it = p.shared.begin(); it != p.shared.end();) {
    const Shared& s = it->second;
    if (s.share != this) {
      ++it;
      continue;
    }
    if (s.free) {
      p.blocks[{s.block.runtime, s.block.capacity}].push_back(s.block.memory);
      p.live -= static_cast<int64_t>(s.block.capacity);
      p.kept += static_cast<int64_t>(s.block.capacity);
    }
    it = p.shared.erase(it);
  }
}
PoolShare::Scope::Scope(PoolShare& share) {
  if (share_of_thread) fail(ErrorKind::internal, "a graph was captured within a graph");
  share_of_thread = &share;
}
PoolShare::Scope::~Scope() { share_of_thread = nullptr; }

void empty_pool() {
  const Runtime* runtime = current_runtime();
  if (!runtime) return;
  runtime->synchronize(nullptr);
  Pool& p = pool();
  std::lock_guard lock(p.mutex);
  release_kept(p, *runtime);
}

PoolAccount pool_account() {
  Pool& p = pool();
  std::lock_guard lock(p.mutex);
  return {p.live, p.peak, p.kept};
}

}  // namespace ceir
