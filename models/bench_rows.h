// How bench.cpp, bench_kernels.cpp and bench_stages.cpp measure.
#pragma once
#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "kernels/base/interrupt.h"
#include "kernels/base/table.h"
#include "models/bench.h"

namespace ceir {

struct BenchContext {
  const BenchOptions& options;
  PeakRate peak;
  std::vector<BenchRow>& rows;
};

// Median seconds of `run`: at least three runs (one when a run takes longer than ten times `seconds`), after one to warm up.
template <class Run>
double median_seconds(double seconds, const Run& run) {
  using Clock = std::chrono::steady_clock;
  const auto since = [](Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); };
  const auto begin = Clock::now();
  run();
  const double first = since(begin);
  if (first > 10 * seconds) return first;
  std::vector<double> times;
  const auto start = Clock::now();
  while (times.size() < 3 || since(start) < seconds) {
    throw_if_interrupted();
    const auto t = Clock::now();
    run();
    times.push_back(since(t));
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

// One row a variant. `out` are the n results that every variant is compared in with the reference (the last variant);
// `work` is in operations when `arithmetic`, else in bytes; `reset` restores what a run changes, before each comparison.
template <class Args, class T>
void bench_variants(BenchContext& c, const Table<Args>& table, const std::string& shape, const Args& args, const T* out,
                    int64_t n, double work, bool arithmetic, double tolerance, const std::function<void()>& reset = {}) {
  if (reset) reset();
  table.variants().back().run(args);
  const std::vector<T> truth(out, out + n);
  double size = 1e-30;
  for (const T x : truth) size = std::max(size, std::abs(static_cast<double>(x)));
  for (const auto& v : table.variants()) {
    BenchRow row;
    row.op = table.op(), row.shape = shape, row.variant = v.name;
    const char* reason = v.lacks(args);
    if (!reason && v.device != Device::cpu) reason = "runs on a GPU: this row is the CPU's";
    if (reason) {
      row.why_not = reason;
      c.rows.push_back(row);
      continue;
    }
    if (reset) reset();
    v.run(args);
    row.error = 0;
    for (int64_t i = 0; i < n; i++) {
      const double e = std::abs(static_cast<double>(out[i]) - static_cast<double>(truth[static_cast<size_t>(i)])) / size;
      if (!(e <= row.error)) row.error = e;  // a NaN stays
    }
    row.correct = row.error <= tolerance;
    const double seconds = median_seconds(c.options.seconds, [&] { v.run(args); });
    row.ms = 1e3 * seconds;
    row.rate = work / seconds / 1e9;
    row.unit = arithmetic ? "GFLOP/s" : "GB/s";
    const double peak = sizeof(T) == 8 ? c.peak.f64 : c.peak.f32;
    if (arithmetic) row.percent_of_peak = 100 * row.rate / peak;
    c.rows.push_back(row);
  }
}

std::vector<float> bench_numbers(int64_t n, uint64_t seed);   // normal, the same for a seed

using BenchFunction = void (*)(BenchContext&);
struct BenchEntry {
  const char* name;
  BenchFunction run;
};
const std::vector<BenchEntry>& bench_kernels();  // bench_kernels.cpp
const std::vector<BenchEntry>& bench_stages();   // bench_stages.cpp

}  // namespace ceir
