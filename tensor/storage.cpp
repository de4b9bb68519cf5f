#include "tensor/storage.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <vector>

#include "kernels/base/error.h"

namespace ceir {
namespace {

constexpr int64_t alignment = 64;
constexpr int64_t keep_at_most = int64_t{256} << 20;

std::atomic<int64_t> live{0}, peak{0}, limit{0};

// Freed blocks by capacity. Leaked on purpose: tensors in static storage may be freed after it.
struct Cache {
  std::mutex mutex;
  std::map<int64_t, std::vector<void*>> blocks;
  int64_t bytes = 0;
};
Cache& cache() {
  static Cache* c = new Cache;
  return *c;
}

// Capacities in steps of an eighth of a power of two: reuse across nearly equal sizes, at most 12.5 % waste.
int64_t rounded(int64_t bytes) {
  if (bytes <= 4096) return std::max(alignment, (bytes + alignment - 1) / alignment * alignment);
  const int64_t step = static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(bytes))) / 8;
  return (bytes + step - 1) / step * step;
}

// Large blocks on large pages where the system has them: weights are read from end to end for every image, and a page
// of 4 KiB would end every prefetch. Only pages that `bytes` fill wholly: the rest of a large page would be memory for nothing.
void* new_block(int64_t capacity, int64_t bytes) {
  constexpr int64_t large_page = int64_t{2} << 20;
  if (capacity < 2 * large_page) return std::aligned_alloc(alignment, static_cast<size_t>(capacity));
  const int64_t whole = (capacity + large_page - 1) / large_page * large_page;
  void* p = std::aligned_alloc(large_page, static_cast<size_t>(whole));
  if (p) madvise(p, static_cast<size_t>(bytes / large_page * large_page), MADV_HUGEPAGE);
  return p;
}

}  // namespace

std::shared_ptr<Storage> Storage::allocate(int64_t bytes, Device device) {
  if (device == Device::cuda) {
    std::shared_ptr<Storage> s(new Storage);
    s->pooled_ = take_from_pool(static_cast<size_t>(bytes));
    s->data_ = static_cast<std::byte*>(s->pooled_.memory);
    s->bytes_ = bytes;
    return s;
  }
  const int64_t capacity = rounded(bytes);
  const int64_t now = live.fetch_add(capacity) + capacity;
  const int64_t most = limit.load(std::memory_order_relaxed);
  const auto refuse = [&](const char* why) {
    live.fetch_sub(capacity);
    fail(ErrorKind::resource, "out of memory: {} MB more asked for, {} MB in use{}", bytes >> 20, (now - capacity) >> 20, why);
  };
  if (most > 0 && now > most) refuse(" (limit set by --max-memory; a smaller --batch needs less)");
  void* p = nullptr;
  {
    std::lock_guard lock(cache().mutex);
    if (auto it = cache().blocks.find(capacity); it != cache().blocks.end() && !it->second.empty()) {
      p = it->second.back();
      it->second.pop_back();
      cache().bytes -= capacity;
    }
  }
  if (!p) p = new_block(capacity, bytes);
  if (!p) {
    release_cached_memory();
    p = new_block(capacity, bytes);
  }
  if (!p) refuse("");
  for (int64_t before = peak.load(); before < now && !peak.compare_exchange_weak(before, now);) {}
  std::shared_ptr<Storage> s(new Storage);
  s->data_ = static_cast<std::byte*>(p);
  s->bytes_ = bytes;
  s->capacity_ = capacity;
  return s;
}

std::shared_ptr<Storage> Storage::borrow(void* data, int64_t bytes, std::shared_ptr<const void> owner) {
  std::shared_ptr<Storage> s(new Storage);
  s->data_ = static_cast<std::byte*>(data);
  s->bytes_ = bytes;
  s->owner_ = std::move(owner);
  return s;
}

Storage::~Storage() {
  give_to_pool(pooled_);
  if (!capacity_) return;
  live.fetch_sub(capacity_);
  std::lock_guard lock(cache().mutex);
  if (cache().bytes + capacity_ <= keep_at_most) {
    cache().blocks[capacity_].push_back(data_);
    cache().bytes += capacity_;
  } else {
    std::free(data_);
  }
}

MemoryAccount memory_account() { return {live.load(), peak.load()}; }
void set_memory_limit(int64_t bytes) { limit = bytes; }

void release_cached_memory() {
  std::lock_guard lock(cache().mutex);
  for (auto& [capacity, blocks] : cache().blocks)
    for (void* p : blocks) std::free(p);
  cache().blocks.clear();
  cache().bytes = 0;
}

}  // namespace ceir
