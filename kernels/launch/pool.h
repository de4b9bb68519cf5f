// Device memory for tensors. A layer asks for the same sizes again and again, and asking the driver waits for the device:
// freed blocks are kept and handed out again.
//
// A block may be handed out while kernels that read it are still queued: whoever gets it queues behind them. So all that
// computes with it must be in one stream, the default one.
#pragma once
#include <cstddef>
#include <cstdint>

namespace ceir {

struct Runtime;

struct PoolBlock {
  const Runtime* runtime = nullptr;
  void* memory = nullptr;
  size_t capacity = 0;
};

// Uninitialised, aligned to 256 bytes. When the device has no more, kept blocks go back to it first; throws Error(resource)
// naming the sizes when that does not help.
PoolBlock take_from_pool(size_t bytes);
void give_to_pool(const PoolBlock& block);
// Memory that a graph uses (graph.h): blocks that were taken or given back while the graph was captured stay its own, whoever
// frees them, until it is destroyed. Its nodes know their addresses, so that nobody else may have them meanwhile.
class PoolShare {
 public:
  PoolShare() = default;
  ~PoolShare();  // then they are the pool's again, those that are still in use when they are freed
  PoolShare(const PoolShare&) = delete;
  PoolShare& operator=(const PoolShare&) = delete;

  // This thread takes from the share, and from the pool into it, while one lives.
  class Scope {
   public:
    explicit Scope(PoolShare& share);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
  };
};

// Gives the kept blocks of the device in use back to it.
void empty_pool();

struct PoolAccount {
  int64_t live_bytes, peak_bytes, kept_bytes;
};
PoolAccount pool_account();

}  // namespace ceir
