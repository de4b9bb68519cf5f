// What `ceir bench` measures: every kernel's variants at the sizes of the real models, and whole stages, against the peaks of this
// machine measured at the same time. models/bench/ has the parts: the clock (timing.h), sizes (sizes.h), operations (cases.h).
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/base/monitor.h"

namespace ceir {

struct BenchOptions {
  double seconds = 0.3;      // about how long a round of samples takes; a row has two (warm and cold cache), or more when it is noisy
  double max_spread = 0.15;  // a figure whose samples' quartiles lie further apart (of the median) is not given
  uint64_t seed = 42;
  std::string model;         // of bench_models(), or "" for all
  std::string variant;       // only this one, "" for all
  int64_t batch = 0;         // images or texts a tower takes; 0: 8 on the CPU, 32 on a device
  bool quick = false;        // a sixth of the time, batch 1, and no stages unless named
  bool check = false;        // correctness alone: no times
  Monitor* monitor = nullptr;
};

struct BenchRow {
  std::string op;        // "gemm", "clip"
  std::string model;     // "b32"; "" for peaks and stages
  std::string shape;     // "up 400x768 -> 3072"
  std::string variant;   // "avx2"; for whole stages what the tables chose
  std::string why_not;   // not empty: this variant cannot run here, and no figure below counts
  double error = -1;     // max|y - reference in double| / max|reference|; -1 when not compared
  bool correct = true;   // error within the tolerance of this operation; a wrong variant is not timed
  double ms = -1;        // median of one run, caches warm; negative: none
  double spread = -1;    // of its samples: the quartiles' distance by the median; -1 when not timed
  double cold_ms = -1;   // the same with caches emptied before each run
  double cold_spread = -1;
  std::string refused;   // why a figure is missing: "too noisy: spread 12 %"
  double rate = -1;      // per second, in `unit`, caches warm
  std::string unit;      // "GFLOP/s", "GB/s", "images/s", "s/epoch" (then rate is that time)
  double gflops = 0, gbytes = 0;  // work of one run, in 1e9: operations, and bytes that must move at least
  bool f64 = false;
  double nominal_gflops = 0;      // of a stage: what a plain implementation computes in one run, in 1e9
  bool memory_bound = false;      // which roof is the lower one at its intensity gflops / gbytes
  double percent_of_peak = -1;    // of that roof: of the arithmetic peak caches warm, of the bandwidth caches cold; -1: no such figure
  double percent_of_vendor = -1;  // the vendor's time by this one's
  std::string note;
};

// `what`: the name of an operation ("gemm", "softmax", or a table: "softmax_backward"), of a stage ("clip", "vae", "cbm", "kmeans"),
// "peak", or empty for everything. The first rows are the peaks. On the device that was chosen (kernels/launch/compute.h).
// Throws Error(usage) with the list when there is no such thing, and on the emulator, which has no times, unless `check`.
std::vector<BenchRow> bench(const std::string& what, const BenchOptions& options);

// What bench() takes, in order.
std::vector<std::string> bench_names();
// The tables that have a row, by name: a test compares them with all there are.
std::vector<std::string> bench_tables();

// A self-contained SVG, 900 x 560: the roofs that `rows` begin with, and a mark for each measured variant of an operation at its
// intensity and rate (Williams, Waterman & Patterson 2009).
std::string roofline_svg(const std::vector<BenchRow>& rows);

}  // namespace ceir
