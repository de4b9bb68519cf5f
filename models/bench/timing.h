// How long something takes, as llama-bench and nvbench ask it: warm up until the times stand still, collect samples that are
// long enough for the clock, state the median and how far the samples spread, and refuse to state it when they spread too far.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ceir {

struct TimingOptions {
  double seconds = 0.3;          // about how long a round of samples takes
  double max_spread = 0.15;      // a round that spreads further is thrown away and tried again
  int rounds = 4;                // at most; then the time is refused
  double sample_seconds = 1e-4;  // a sample repeats short runs until it lasts this long: long for the clock, which resolves some 30 ns,
                                 // and short enough that most samples see no other program on their core
  double longest_run = 1e30;     // seconds; what takes longer is refused after one run
  int64_t fewest_samples = 7;    // of a round, however long they take
  // Seconds that this program's threads have waited for a core while others had it, or none. Samples too long to fall between other
  // programs' turns are all slower alike, and their spread does not show it: there the waiting, as a share of the time, counts as spread.
  double (*waited)() = nullptr;
  bool single_runs = false;      // one run a sample: the cache is emptied before each
};

struct Timing {
  double seconds = -1;   // median of one run; negative: refused
  double best = -1;      // of the fastest sample
  double spread = -1;    // distance of the quartiles by the median, of the round that counts (of the best one when refused)
  int64_t samples = 0, runs = 0;  // of that round, and runs in each sample
  int rounds = 0;
  std::string refused;   // why there is no figure: "too noisy: spread 12 %", "too noisy: the cores were busy with others 40 % of the time"
  bool measured() const { return seconds >= 0; }
};

// `sample(n)` performs n runs and returns the seconds they took together. Throws what it throws, and Error(interrupted).
Timing time_runs(const std::function<double(int64_t runs)>& sample, const TimingOptions& options);

// The value that the fraction `at` of the sorted values lies below, between neighbours linearly.
double quantile_of_sorted(const std::vector<double>& sorted, double at);

// Samples of a function of the CPU by the steady clock. `before`, when given, comes before each sample, and is not counted.
std::function<double(int64_t)> clocked(std::function<void()> run, std::function<void()> before = {});

// Writes a buffer larger than the last-level cache, in all threads: what was in the caches is gone.
void empty_caches();
// As /proc counts it, in all threads together by their number; 0 where it does not.
double waited_for_cores();
int64_t last_level_cache_bytes();  // as the system says, 32 MiB where it does not

}  // namespace ceir
