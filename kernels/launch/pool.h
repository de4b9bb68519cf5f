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
// Gives the kept blocks of the device in use back to it.
void empty_pool();

struct PoolAccount {
  int64_t live_bytes, peak_bytes, kept_bytes;
};
PoolAccount pool_account();

}  // namespace ceir
