#include "models/bench.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

#include "kernels/launch/compute.h"
#include "models/bench/cases.h"
#include "models/bench/context.h"

namespace ceir {
namespace {

// What a variant computes in, by its name: others than f32 keep fewer digits, and have roofs of their own.
struct Precision {
  const char* part;   // of the name
  double tolerance;
  const char* digits;
};
constexpr Precision precisions[] = {{"bf16", 4e-2, "bf16"}, {"tf32", 5e-3, "tf32"}, {"sm_90a", 5e-3, "tf32"}, {"f16", 5e-3, "f16"}};
const Precision* reduced(const std::string& variant) {
  if (variant.ends_with("3xtf32")) return nullptr;  // three products that keep f32's digits
  for (const Precision& p : precisions)
    if (variant.find(p.part) != std::string::npos) return &p;
  return nullptr;
}

std::string digits_of(const std::string& variant) {
  const Precision* p = reduced(variant);
  return p ? p->digits : "f32";
}
bool is_vendor(const std::string& variant) { return variant.starts_with("cublas") || variant.starts_with("cudnn"); }

// The worst error of all results, each in proportion to its own largest value; NaN when a NaN is where none belongs.
double error_of(const std::vector<std::vector<double>>& got, const std::vector<std::vector<double>>& truth) {
  double worst = 0;
  for (size_t r = 0; r < truth.size(); r++) {
    double size = 1e-30, most = 0;
    for (size_t i = 0; i < truth[r].size(); i++) {
      size = std::max(size, std::abs(truth[r][i]));
      const double e = std::abs(got[r][i] - truth[r][i]);
      if (!(e <= most)) most = e;  // a NaN stays
    }
    if (const double e = most / size; !(e <= worst)) worst = e;
  }
  return worst;
}

// Beyond this many operations the reference is not run unless it is asked for: it would take minutes.
double most_for_reference(const BenchOptions& o) { return o.quick ? 3e8 : 4e9; }

// What a row's figures are of. Percentages wait for the last measurement of the roofs.
void set_work(BenchRow& row, const BenchCase& one) {
  row.gflops = one.work.flops / 1e9, row.gbytes = one.work.bytes / 1e9, row.f64 = one.f64;
}

void place_under_roof(BenchRow& row, const Peaks& peaks, bool on_device) {
  const double arithmetic = row.f64 ? peaks.gflops_f64 : peaks.gflops_f32;
  row.memory_bound = peaks.gbytes > 0 && arithmetic > 0 ? row.gbytes / peaks.gbytes >= row.gflops / arithmetic : row.gflops < 10 * row.gbytes;
  row.unit = row.memory_bound ? "GB/s" : "GFLOP/s";
  if (row.ms > 0) row.rate = (row.memory_bound ? row.gbytes : row.gflops) / row.ms * 1e3;
  if (row.memory_bound && row.cold_ms > 0 && peaks.gbytes > 0) row.percent_of_peak = 100 * row.gbytes / row.cold_ms * 1e3 / peaks.gbytes;
  if (!row.memory_bound && !reduced(row.variant) && row.ms > 0 && arithmetic > 0) row.percent_of_peak = 100 * row.gflops / row.ms * 1e3 / arithmetic;
  if (on_device || row.percent_of_peak <= 110) return;  // a GPU's matrix units may pass the roof of its multiply-adds
  row.percent_of_peak = -1;
  row.refused += std::string(row.refused.empty() ? "" : "; ") + "faster than the roof, which was measured while the machine was busier";
}

void run_case(BenchContext& c, const BenchCase& one) {
  const BenchOptions& o = c.options;
  const BenchProblem problem = one.make(c.device);
  std::vector<std::vector<double>> truth;
  const size_t first_row = c.rows.size();
  for (const BenchVariant& v : problem.variants) {
    if (v.device != c.device) continue;  // the other device's
    if (!o.variant.empty() && o.variant != v.name) continue;
    BenchRow row;
    row.op = one.op, row.model = one.model, row.shape = one.shape, row.variant = v.name, row.why_not = v.lacks;
    if (row.why_not.empty() && row.variant == "ref" && o.variant.empty() && one.work.flops > most_for_reference(o))
      row.why_not = fmt::format("the reference is not run on {:.1f} GFLOP unless asked for (--variant ref)", one.work.flops / 1e9);
    if (!row.why_not.empty()) {
      c.rows.push_back(row);
      continue;
    }
    if (truth.empty()) {
      const ComputeOn cpu(Device::cpu);
      truth = one.truth();
    }
    const Precision* less = reduced(v.name);
    problem.arrays->restore();
    v.run();
    if (c.device == Device::cuda) synchronize();
    row.error = error_of(problem.arrays->results(), truth);
    row.correct = row.error <= std::max(one.tolerance, less ? less->tolerance : 0);
    if (row.correct && !o.check) {
      const Timing warm = c.warm(v.run);
      row.spread = warm.spread, row.refused = warm.refused;
      if (warm.measured()) row.ms = 1e3 * warm.seconds;
      if (!warm.refused.starts_with("too slow")) {
        const Timing cold = c.cold(v.run);
        row.cold_spread = cold.spread;
        if (cold.measured()) row.cold_ms = 1e3 * cold.seconds;
        else row.refused += (row.refused.empty() ? "cold " : "; cold ") + cold.refused;
      }
    }
    set_work(row, one);
    c.rows.push_back(row);
  }
  for (size_t i = first_row; i < c.rows.size(); i++)  // the vendor's row of as many digits
    for (size_t j = first_row; j < c.rows.size(); j++)
      if (is_vendor(c.rows[j].variant) && digits_of(c.rows[i].variant) == digits_of(c.rows[j].variant) && c.rows[j].ms > 0 && c.rows[i].ms > 0)
        c.rows[i].percent_of_vendor = 100 * c.rows[j].ms / c.rows[i].ms;
}

// The cases that `what` and the model name.
std::vector<BenchCase> cases_of(const std::string& what, const BenchSizes& sizes, uint64_t seed) {
  std::vector<BenchCase> chosen;
  BenchCases cases(sizes, seed);
  for (const BenchOperation& operation : bench_operations()) {
    const size_t before = cases.list.size();
    operation.add(cases);
    for (size_t i = before; i < cases.list.size(); i++)
      if (what.empty() || what == operation.name || what == cases.list[i].op) chosen.push_back(cases.list[i]);
  }
  return chosen;
}

}  // namespace

std::vector<std::string> bench_tables() {
  const BenchSizes sizes = bench_sizes("", 1);
  std::set<std::string> ops{"peak", "peak_f64", "triad"};  // measure_peaks()
  for (const BenchCase& one : cases_of("", sizes, 0)) ops.insert(one.op);
  return {ops.begin(), ops.end()};
}

std::vector<std::string> bench_names() {
  std::vector<std::string> names{"peak"};
  for (const BenchOperation& o : bench_operations()) names.emplace_back(o.name);
  for (const BenchStage& s : bench_stages()) names.emplace_back(s.name);
  return names;
}

std::vector<BenchRow> bench(const std::string& what, const BenchOptions& given) {
  BenchOptions options = given;
  if (options.quick) options.seconds /= 6;
  const std::vector<std::string> names = bench_names(), tables = bench_tables();
  const auto in = [&](const std::vector<std::string>& list) { return std::find(list.begin(), list.end(), what) != list.end(); };
  if (!what.empty() && !in(names) && !in(tables)) {
    std::string list;
    for (const std::string& n : names) list += (list.empty() ? "" : ", ") + n;
    usage_error("bench: there is no '{}'; it takes {}, or the name of a table such as softmax_backward", what, list);
  }
  const Device device = stage_device();
  const bool emulated = device == Device::cuda && current_device().emulated;
  if (emulated && !options.check)
    usage_error("bench --device emu: times of the emulator say nothing about a GPU; `bench --emulate OP` counts what the rungs ask of memory, and --check tests them");
  const std::string model = emulated && options.model.empty() ? "tiny" : options.model;
  const int64_t batch = options.batch > 0 ? options.batch : options.quick ? 1 : device == Device::cpu ? 8 : 32;
  const BenchSizes sizes = bench_sizes(model, batch);
  std::vector<BenchRow> rows;
  BenchContext context{options, device, {}, rows};
  const ComputeOn scope(device);
  if (!options.check) measure_peaks(context);
  const std::vector<BenchCase> cases = what == "peak" ? std::vector<BenchCase>{} : cases_of(what, sizes, options.seed);
  std::vector<const BenchStage*> stages;
  for (const BenchStage& s : bench_stages()) {
    const bool fits = options.model.empty() || options.model == s.model;
    if (!options.check && options.variant.empty() && (what == s.name || (what.empty() && !options.quick && fits))) stages.push_back(&s);
  }
  const auto total = static_cast<int64_t>(cases.size() + stages.size());
  int64_t done = 0;
  for (const BenchCase& one : cases) {
    if (one.f64 && device == Device::cuda) continue;  // devices compute in f32
    report(options.monitor, "bench", done++, total, "cases", one.op + " " + one.model);
    run_case(context, one);
  }
  for (const BenchStage* s : stages) {
    report(options.monitor, "bench", done++, total, "cases", s->name);
    s->run(context);
  }
  // A machine that was busy at the start may be at rest now: the better roofs count.
  if (!options.check && total > 0) {
    std::vector<BenchRow> again;
    BenchContext later{options, device, {}, again};
    measure_peaks(later);
    for (BenchRow& row : rows)
      for (const BenchRow& r : again)
        if (row.model.empty() && row.op == r.op && r.rate > row.rate) row = r;
    context.peaks.gflops_f32 = std::max(context.peaks.gflops_f32, later.peaks.gflops_f32);
    context.peaks.gflops_f64 = std::max(context.peaks.gflops_f64, later.peaks.gflops_f64);
    context.peaks.gbytes = std::max(context.peaks.gbytes, later.peaks.gbytes);
  }
  for (BenchRow& row : rows) {
    if (!row.model.empty() && row.why_not.empty()) place_under_roof(row, context.peaks, device == Device::cuda);
    if (row.nominal_gflops > 0 && row.ms > 0 && context.peaks.gflops_f32 > 0) row.percent_of_peak = 100 * row.nominal_gflops / row.ms * 1e3 / context.peaks.gflops_f32;
  }
  report(options.monitor, "bench", total, total, "cases");
  return rows;
}

}  // namespace ceir
