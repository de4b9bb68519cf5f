#include "models/bench.h"

#include <algorithm>
#include <cmath>

#include "kernels/base/random.h"
#include "kernels/base/threads.h"
#include "kernels/normal/normal.h"
#include "kernels/peak/peak.h"
#include "models/bench_rows.h"

namespace ceir {
namespace {

// All threads run the loop at once; the slowest counts.
double peak_rate(const Variant<PeakLoop>& v, double seconds) {
  const int threads = thread_count();
  std::vector<int64_t> operations(static_cast<size_t>(threads));
  std::vector<double> results(static_cast<size_t>(threads));
  int64_t rounds = 1 << 16;
  const auto run = [&] {
    parallel_for(threads, 1, [&](int64_t i, int64_t) {
      v.run({rounds, &operations[static_cast<size_t>(i)], &results[static_cast<size_t>(i)]});
    });
  };
  rounds = static_cast<int64_t>(static_cast<double>(rounds) * std::max(1.0, seconds / 8 / median_seconds(0.0, run)));
  const double time = median_seconds(seconds, run);
  double total = 0;
  for (const int64_t n : operations) total += static_cast<double>(n);
  return total / time / 1e9;
}

const std::vector<BenchEntry>& entries() {
  static const std::vector<BenchEntry> list = [] {
    std::vector<BenchEntry> all = bench_kernels();
    all.insert(all.end(), bench_stages().begin(), bench_stages().end());
    return all;
  }();
  return list;
}

}  // namespace

PeakRate measured_peak(double seconds) {
  PeakRate best{0, 0, ""};
  for (const auto& v : peak_variants.variants()) {
    if (v.lacks({})) continue;
    const double rate = peak_rate(v, seconds / 2);
    if (rate > best.f32) best.f32 = rate, best.instructions = v.name;
  }
  for (const auto& v : peak_f64_variants.variants())
    if (!v.lacks({})) best.f64 = std::max(best.f64, peak_rate(v, seconds / 2));
  return best;
}

std::vector<float> bench_numbers(int64_t n, uint64_t seed) {
  std::vector<float> v(static_cast<size_t>(n));
  fill_normal(Random(seed, "bench"), v.data(), n);
  return v;
}

std::vector<std::string> bench_names() {
  std::vector<std::string> names{"peak"};
  for (const BenchEntry& e : entries()) names.emplace_back(e.name);
  return names;
}

std::vector<BenchRow> bench(const std::string& what, const BenchOptions& options) {
  const std::vector<std::string> names = bench_names();
  if (!what.empty() && std::find(names.begin(), names.end(), what) == names.end()) {
    std::string list;
    for (const std::string& n : names) list += (list.empty() ? "" : ", ") + n;
    usage_error("bench: there is no '{}'; it takes {}", what, list);
  }
  std::vector<BenchRow> rows;
  const PeakRate peak = measured_peak();
  for (const bool f64 : {false, true}) {
    BenchRow row;
    row.op = f64 ? "peak_f64" : "peak", row.variant = peak.instructions;
    row.shape = std::to_string(thread_count()) + " threads";
    row.rate = f64 ? peak.f64 : peak.f32;
    row.unit = "GFLOP/s";
    row.percent_of_peak = 100;
    row.note = "multiply-adds on registers, measured now";
    rows.push_back(row);
  }
  BenchContext context{options, peak, rows};
  int64_t done = 0;
  const int64_t total = what.empty() ? static_cast<int64_t>(entries().size()) : 1;
  for (const BenchEntry& e : entries()) {
    if (!what.empty() && what != e.name) continue;
    report(options.monitor, "bench", done++, total, "operations", e.name);
    e.run(context);
  }
  report(options.monitor, "bench", total, total, "operations");
  return rows;
}

}  // namespace ceir
