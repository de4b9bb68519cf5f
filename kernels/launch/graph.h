// Work that is queued again and again as one: a CUDA graph. What `work` launches, copies and fills is written down once, with all
// its arguments, and then queued by a single call: dozens of small kernels cost the CPU one launch, and it is far ahead of the device.
//
// What changes from one time to the next must therefore lie in the device's memory, at a place that stays. Memory, code and
// everything that has to be waited for must have been there before: do the work once without a graph first.
#pragma once
#include <functional>
#include <memory>

#include "kernels/launch/device.h"
#include "kernels/launch/pool.h"

namespace ceir {

class Graph {
 public:
  // Writes `work` down; nothing of it is done. Throws Error when something in it may not be captured (waiting for the device,
  // asking it for memory, copying from memory that is not pinned), and what `work` throws.
  explicit Graph(const std::function<void()>& work);
  ~Graph();  // waits for the current stream
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  void launch() const;  // queues it in the current stream

 private:
  const Runtime* runtime_;
  ExecutableHandle executable_ = nullptr;
  PoolShare memory_;        // what its nodes use stays theirs while it lives
  DeviceMemory workspace_;
};

}  // namespace ceir
