#include "models/bench/timing.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "kernels/base/error.h"
#include "kernels/base/interrupt.h"
#include "kernels/base/threads.h"

namespace ceir {
namespace {

using Clock = std::chrono::steady_clock;
double since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }

constexpr int64_t most_samples = 5000;
constexpr double shortest_turn = 1e-3;  // seconds that a scheduler leaves a program on a core, about

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return quantile_of_sorted(v, 0.5);
}

// One round: samples until its seconds are over, sorted.
std::vector<double> round_of(const std::function<double(int64_t)>& sample, int64_t runs, const TimingOptions& options) {
  std::vector<double> times;
  const auto begin = Clock::now();
  double sum = 0;
  while (static_cast<int64_t>(times.size()) < options.fewest_samples || std::max(sum, since(begin)) < options.seconds) {
    throw_if_interrupted();
    const double t = sample(runs);
    sum += t;
    times.push_back(t / static_cast<double>(runs));
    if (static_cast<int64_t>(times.size()) >= most_samples) break;
  }
  std::sort(times.begin(), times.end());
  return times;
}

}  // namespace

double quantile_of_sorted(const std::vector<double>& sorted, double at) {
  const double place = at * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<size_t>(place);
  const size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (place - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

Timing time_runs(const std::function<double(int64_t)>& sample, const TimingOptions& options) {
  Timing result;
  const double first = sample(1);
  if (first > options.longest_run) {
    result.refused = fmt::format("too slow: one run took {:.2g} s, more than the {:.2g} s that --seconds gives it", first, options.longest_run);
    return result;
  }
  // Warm-up: until the medians of three samples and of the three before agree, or a round's time is over.
  int64_t runs = 1;
  const auto enough = [&](double one) {
    if (options.single_runs) return int64_t{1};
    return static_cast<int64_t>(std::clamp(std::ceil(options.sample_seconds / std::max(one, 1e-9)), 1.0, 1e6));
  };
  runs = enough(first);
  std::vector<double> warm;
  const auto begin = Clock::now();
  for (double sum = first; std::max(sum, since(begin)) < options.seconds;) {
    throw_if_interrupted();
    const double t = sample(runs);
    sum += t;
    warm.push_back(t / static_cast<double>(runs));
    runs = enough(warm.back());
    if (const size_t n = warm.size(); n >= 6) {
      const double now = median({warm.end() - 3, warm.end()}), before = median({warm.end() - 6, warm.end() - 3});
      if (std::abs(now - before) <= options.max_spread / 2 * now) break;
    }
  }
  const char* cause = "";
  for (int round = 1; round <= options.rounds; round++) {
    const double waited = options.waited ? options.waited() : 0;
    const auto round_begin = Clock::now();
    const std::vector<double> times = round_of(sample, runs, options);
    const double middle = quantile_of_sorted(times, 0.5), length = middle * static_cast<double>(runs);
    double spread = middle > 0 ? (quantile_of_sorted(times, 0.75) - quantile_of_sorted(times, 0.25)) / middle : 0;
    const double share = options.waited && length > shortest_turn ? (options.waited() - waited) / since(round_begin) : 0;
    const bool by_waiting = share > spread;
    spread = std::max(spread, share);
    result.best = result.best < 0 ? times[0] : std::min(result.best, times[0]);
    result.rounds = round;
    if (result.spread >= 0 && spread >= result.spread) continue;
    cause = by_waiting ? "too noisy: the cores were busy with others {:.0f} % of the time" : "too noisy: spread {:.0f} %";
    result.spread = spread, result.samples = static_cast<int64_t>(times.size()), result.runs = runs;
    if (spread > options.max_spread) continue;
    result.seconds = middle;
    return result;
  }
  result.refused = fmt::format(fmt::runtime(cause), std::ceil(100 * result.spread));
  return result;
}

std::function<double(int64_t)> clocked(std::function<void()> run, std::function<void()> before) {
  return [run = std::move(run), before = std::move(before)](int64_t runs) {
    if (before) before();
    const auto begin = Clock::now();
    for (int64_t i = 0; i < runs; i++) run();
    return since(begin);
  };
}

int64_t last_level_cache_bytes() {
  int64_t largest = 0;
  for (int i = 0; i < 8; i++) {
    std::ifstream file(fmt::format("/sys/devices/system/cpu/cpu0/cache/index{}/size", i));
    int64_t size = 0;
    char unit = 0;
    if (file >> size >> unit) largest = std::max(largest, size * (unit == 'K' ? 1024 : unit == 'M' ? 1 << 20 : 1));
  }
  return largest > 0 ? largest : 32 << 20;
}

double waited_for_cores() {
  int64_t sum = 0, threads = 0;
  std::error_code none;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", none)) {
    std::ifstream file(task.path() / "schedstat");
    int64_t ran = 0, waited = 0;  // nanoseconds
    if (!(file >> ran >> waited)) continue;
    sum += waited, threads++;
  }
  return threads > 0 ? 1e-9 * static_cast<double>(sum) / static_cast<double>(std::min<int64_t>(threads, thread_count())) : 0;
}

void empty_caches() {
  static const size_t size = static_cast<size_t>(std::clamp<int64_t>(2 * last_level_cache_bytes(), 16 << 20, 1 << 30)) / sizeof(int64_t);
  static std::vector<int64_t> buffer(size);
  parallel_for(static_cast<int64_t>(size), 1 << 17, [](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) buffer[static_cast<size_t>(i)]++;
  });
}

}  // namespace ceir
