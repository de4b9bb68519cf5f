// What `ceir bench` measures: kernels, variant by variant, and whole stages, against the peak measured at the same time.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/base/monitor.h"

namespace ceir {

struct BenchOptions {
  double seconds = 0.3;     // about how long each row is measured
  uint64_t seed = 42;
  Monitor* monitor = nullptr;
};

struct BenchRow {
  std::string op;        // "gemm", "clip"
  std::string shape;     // "400x768 -> 3072"
  std::string variant;   // "avx2"; for whole stages what the tables chose
  std::string why_not;   // not empty: this variant cannot run here, and no figure below counts
  double error = -1;     // max|y - reference in double| / max|reference|; -1 when not compared
  bool correct = true;   // error within the tolerance of this operation
  double ms = 0;         // median of one run
  double rate = 0;       // per second, in `unit`
  std::string unit;      // "GFLOP/s", "GB/s", "images/s", "s/epoch" (then rate is that time)
  double percent_of_peak = -1;  // of the arithmetic peak measured now for this dtype; -1 where it says nothing
  std::string note;
};

// `what`: the name of an operation ("gemm", "softmax", ...), of a stage ("clip", "vae", "cbm", "kmeans"), "peak", or
// empty for everything. Throws Error(usage) with the list when there is no such thing.
std::vector<BenchRow> bench(const std::string& what, const BenchOptions& options);

// What bench() takes, in order.
std::vector<std::string> bench_names();

// Arithmetic peak of the threads in use, multiply-add counted as two, measured for about `seconds` (GFLOP/s).
struct PeakRate {
  double f32, f64;
  std::string instructions;  // "avx512"
};
PeakRate measured_peak(double seconds = 0.2);

}  // namespace ceir
