// The two roofs of this machine, measured by the same clock as all else: arithmetic on registers, and a triad as STREAM's
// (McCalpin 1995) on arrays that no cache holds.
#include <algorithm>
#include <memory>

#include "kernels/base/threads.h"
#include "kernels/launch/device.h"
#include "kernels/peak/peak.h"
#include "models/bench/arrays.h"
#include "models/bench/context.h"

namespace ceir {
namespace {

// Samples by events in the stream: the time that the device took, however long the CPU needed to queue it.
std::function<double(int64_t)> by_events(std::function<void()> run, bool cold) {
  constexpr size_t more_than_any_cache = 256 << 20;
  auto begin = std::make_shared<Event>(), end = std::make_shared<Event>();
  auto other = std::make_shared<DeviceMemory>(cold ? more_than_any_cache : 0);
  return [run = std::move(run), begin, end, other](int64_t runs) {
    if (other->bytes() > 0) other->fill(0);
    begin->record();
    for (int64_t i = 0; i < runs; i++) run();
    end->record();
    return 1e-3 * static_cast<double>(begin->ms_until(*end));
  };
}

// All threads run the loop at once; a device fills itself.
double operations_of(const Variant<PeakLoop>& v, int64_t rounds, std::vector<int64_t>& operations, std::vector<double>& results, double* on_device) {
  if (on_device) v.run({rounds, operations.data(), on_device});
  else parallel_for(static_cast<int64_t>(operations.size()), 1, [&](int64_t i, int64_t) { v.run({rounds, &operations[static_cast<size_t>(i)], &results[static_cast<size_t>(i)]}); });
  double total = 0;
  for (const int64_t n : operations) total += static_cast<double>(n);
  return total;
}

// A roof is what the machine can do: the best sample counts, as in STREAM, where the samples agree as all others must.
void keep(BenchContext& c, BenchRow row, const Timing& t, double work, double& best) {
  row.spread = t.spread, row.refused = t.refused;
  if (t.measured()) {
    row.ms = 1e3 * t.best, row.rate = work / t.best / 1e9;
    best = std::max(best, row.rate);
  }
  c.rows.push_back(row);
}

// Everything is quoted by these: they are tried more often than others before they are refused.
Timing time_peak(const BenchContext& c, const std::function<void()>& run) {
  TimingOptions t = c.timing();
  t.seconds = std::max(t.seconds, 0.1), t.rounds = 12, t.longest_run = 1e30;
  return time_runs(c.device == Device::cuda ? by_events(run, false) : clocked(run), t);
}

void arithmetic(BenchContext& c, const Table<PeakLoop>& table, double& best) {
  std::vector<int64_t> operations(c.device == Device::cuda ? 1 : static_cast<size_t>(thread_count()));
  std::vector<double> results(operations.size());
  const DeviceMemory there = c.device == Device::cuda ? DeviceMemory(sizeof(double)) : DeviceMemory();
  for (const auto& v : table.variants()) {
    if (v.device != c.device || v.lacks({})) continue;
    BenchRow row;
    row.op = table.op(), row.variant = v.name, row.unit = "GFLOP/s", row.note = "multiply-adds on registers, measured now";
    row.shape = c.device == Device::cuda ? current_device().name : std::to_string(thread_count()) + " threads";
    constexpr int64_t rounds = 1 << 14;  // about a tenth of a millisecond
    double work = 0;
    const Timing t = time_peak(c, [&] { work = operations_of(v, rounds, operations, results, there.as<double>()); });
    row.gflops = work / 1e9;
    keep(c, row, t, work, best);
  }
}

void bandwidth(BenchContext& c) {
  const int64_t n = c.device == Device::cuda ? 64 << 20 : std::clamp<int64_t>(4 * last_level_cache_bytes() / 12, 8 << 20, 128 << 20);
  std::unique_ptr<BenchArrays> arrays;
  for (const auto& v : triad_variants.variants()) {
    if (v.device != c.device || v.lacks({})) continue;
    if (!arrays) arrays = std::make_unique<BenchArrays>(c.device, 1);
    static_assert(sizeof(float) == 4);
    BenchRow row;
    row.op = triad_variants.op(), row.variant = v.name, row.unit = "GB/s", row.note = "a = b + s c in memory, measured now";
    row.shape = fmt::format("{} MB", 12 * n / 1000000);
    row.gbytes = 12 * static_cast<double>(n) / 1e9, row.gflops = 2 * static_cast<double>(n) / 1e9, row.memory_bound = true;
    const std::vector<float> zeros(static_cast<size_t>(n));
    const Triad triad{arrays->of(zeros), arrays->of(zeros), arrays->of(zeros), 3.f, n};
    keep(c, row, time_peak(c, [&] { v.run(triad); }), 12 * static_cast<double>(n), c.peaks.gbytes);
    arrays.reset();
  }
}

}  // namespace

Timing BenchContext::warm(const std::function<void()>& run) const {
  if (device == Device::cuda) return time_runs(by_events(run, false), timing());
  return time_runs(clocked(run), timing());
}

Timing BenchContext::cold(const std::function<void()>& run) const {
  TimingOptions t = timing();
  t.single_runs = true;
  if (device == Device::cuda) return time_runs(by_events(run, true), t);
  return time_runs(clocked(run, empty_caches), t);
}

// The best variant of each is the roof.
void measure_peaks(BenchContext& c) {
  const auto roof = [&](const auto& measure, double& best) {
    const size_t first = c.rows.size();
    measure(best);
    size_t at = first;
    for (size_t i = first; i < c.rows.size(); i++)
      if (c.rows[i].rate > c.rows[at].rate) at = i;
    if (at >= c.rows.size()) return;
    const BenchRow kept = c.rows[at];
    c.rows.resize(first);
    c.rows.push_back(kept);
    if (kept.rate > 0) c.rows.back().percent_of_peak = 100;
  };
  roof([&](double& best) { arithmetic(c, peak_variants, best); }, c.peaks.gflops_f32);
  roof([&](double& best) { arithmetic(c, peak_f64_variants, best); }, c.peaks.gflops_f64);
  roof([&](double&) { bandwidth(c); }, c.peaks.gbytes);
}

}  // namespace ceir
