// What the parts of bench() share.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "kernels/base/table.h"
#include "models/bench.h"
#include "models/bench/timing.h"

namespace ceir {

// Of the threads, or of the device, measured now; 0 where there is none.
struct Peaks {
  double gflops_f32 = 0, gflops_f64 = 0, gbytes = 0;  // per second
};

struct BenchContext {
  const BenchOptions& options;
  Device device;
  Peaks peaks;
  std::vector<BenchRow>& rows;

  TimingOptions timing() const {
    TimingOptions t;
    t.seconds = options.seconds, t.max_spread = options.max_spread, t.longest_run = 3 * options.seconds;
    if (device == Device::cpu) t.waited = waited_for_cores;
    return t;
  }
  // Times of `run` on the device in use: by the clock, or by events in the current stream.
  Timing warm(const std::function<void()>& run) const;
  Timing cold(const std::function<void()>& run) const;
};

// Measures the peaks, and adds their rows.
void measure_peaks(BenchContext& c);

struct BenchStage {
  const char* name;
  const char* model;  // of bench_models(): --model takes the stage along
  void (*run)(BenchContext&);
};
const std::vector<BenchStage>& bench_stages();

}  // namespace ceir
