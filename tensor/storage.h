// Owned or borrowed bytes behind tensors, and the account of them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

#include "kernels/base/table.h"
#include "kernels/launch/pool.h"

namespace ceir {

// A block of bytes, aligned to 64, freed with the last Tensor that uses it. Freed blocks are kept for
// reuse (layers ask for the same sizes again and again) up to a bound.
class Storage {
 public:
  // Uninitialised, in the memory of `device`. Throws Error(resource) naming the size when memory or --max-memory (which
  // counts the host's) does not suffice.
  static std::shared_ptr<Storage> allocate(int64_t bytes, Device device = compute_device());
  // Borrowed: `owner` keeps `data` alive (a mapped file, a vector).
  static std::shared_ptr<Storage> borrow(void* data, int64_t bytes, std::shared_ptr<const void> owner);

  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;
  ~Storage();
  std::byte* data() const { return data_; }  // an address of device() memory
  Device device() const { return pooled_.memory ? Device::cuda : Device::cpu; }
  int64_t bytes() const { return bytes_; }

 private:
  Storage() = default;
  std::byte* data_ = nullptr;
  int64_t bytes_ = 0, capacity_ = 0;
  std::shared_ptr<const void> owner_;
  PoolBlock pooled_;
};

// Bytes in live tensors, and the most there ever were.
struct MemoryAccount {
  int64_t live_bytes, peak_bytes;
};
MemoryAccount memory_account();
void set_memory_limit(int64_t bytes);  // 0 = none; --max-memory
void release_cached_memory();          // gives kept blocks back to the system

}  // namespace ceir
