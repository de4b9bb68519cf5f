// Pictures to a device and features back: while the device computes one batch, the CPU decodes the next.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "kernels/launch/device.h"
#include "models/clip.h"

namespace ceir {

// One batch, every picture by itself: unreadable ones have a reason instead of a row.
struct EmbeddedBatch {
  Tensor features;                    // (B, D); rows of unreadable pictures are unset
  std::vector<std::string> reasons;   // (B), empty: good
};

// One batch is in flight: start(a), start(b), finish() -> a, start(c), finish() -> b, ... Pixels go through two pinned
// buffers, so that the copy of one is queued while the other is filled.
class DeviceEmbedder {
 public:
  // load(row, pixels): decodes a picture into (3, S, S); throws Error(bad_input) for one that cannot be read.
  using Load = std::function<void(int64_t row, float* pixels)>;
  DeviceEmbedder(const Clip& clip, Load load);   // the clip lies on the device

  void start(const std::vector<int64_t>& rows);  // decodes over all threads, queues the rest and returns
  bool started() const { return !in_flight_.empty(); }
  EmbeddedBatch finish();                        // of the earliest start: waits for the device

 private:
  struct InFlight {
    Tensor features;                   // (good, D) on the device
    std::vector<size_t> good;
    std::vector<std::string> reasons;
  };
  const Clip& clip_;
  Load load_;
  PinnedMemory staging_[2];
  int next_ = 0;
  std::vector<InFlight> in_flight_;
};

}  // namespace ceir
