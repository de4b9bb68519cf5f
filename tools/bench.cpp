// ceir bench: variants and stages, against the peak measured now.
#include "models/bench.h"

#include "kernels/base/threads.h"
#include "kernels/launch/compute.h"
#include "tensor/io/file.h"
#include "tools/emulated.h"
#include "tools/image_flags.h"

namespace ceir {
namespace {

Json number(double value) { return value < 0 ? Json() : Json(value); }

// The row's text: figures that there are, and why the others are missing.
std::string line_of(const BenchRow& r) {
  const std::string head = fmt::format("{:<22} {:<9} {:<40} {:<12}", r.op, r.model, r.shape, r.variant);
  if (!r.why_not.empty()) return head + " " + r.why_not + "\n";
  const auto cell = [](double v, const char* format, int width) { return fmt::format("{:>{}}", v < 0 ? std::string("-") : fmt::format(fmt::runtime(format), v), width); };
  std::string line = head + cell(r.error, "{:.1e}", 9) + cell(r.ms, "{:.4g}", 10) + cell(r.cold_ms, "{:.4g}", 10) + cell(r.rate, "{:.4g}", 9) + fmt::format(" {:<9}", r.unit) + cell(r.percent_of_peak, "{:.0f}", 6) +
                     cell(r.percent_of_vendor, "{:.0f}", 8) + cell(r.gbytes > 0 ? r.gflops / r.gbytes : -1, "{:.3g}", 8);
  if (r.model.empty()) line += r.note.empty() ? "" : "  " + r.note;
  else line += r.memory_bound ? "  memory" : "  arithmetic";
  if (!r.refused.empty()) line += "  " + r.refused;
  if (!r.correct) line += "  WRONG: not timed";
  return line + "\n";
}

Json json_of(const BenchRow& r) {
  Json row = Json::object().set("op", r.op).set("model", r.model.empty() ? Json() : Json(r.model)).set("shape", r.shape).set("variant", r.variant);
  if (!r.why_not.empty()) return row.set("why_not", r.why_not);
  return row.set("error", number(r.error)).set("correct", r.correct).set("ms", number(r.ms)).set("spread", number(r.spread)).set("cold_ms", number(r.cold_ms)).set("cold_spread", number(r.cold_spread))
      .set("refused", r.refused.empty() ? Json() : Json(r.refused)).set("rate", number(r.rate)).set("unit", r.unit).set("gflop", r.gflops).set("gbyte", r.gbytes)
      .set("intensity", r.gbytes > 0 ? Json(r.gflops / r.gbytes) : Json()).set("roof", r.model.empty() ? Json() : Json(r.memory_bound ? "memory" : "arithmetic"))
      .set("percent_of_peak", number(r.percent_of_peak)).set("percent_of_vendor", number(r.percent_of_vendor)).set("note", r.note);
}

struct Bench : Command {
  std::string what, svg, max_spread = "15%";
  BenchOptions options;
  bool emulate = false;

  void define(Flags& f) override {
    f.positional("WHAT", what, "an operation or a stage: clip, vae, cbm, kmeans, gemm, ...; without it everything", false);
    f.option("--model", options.model, "shapes of this model alone: b32, b16, l14, l14-336, text, text-l14, rn50, vae, cbm, kmeans, or tiny");
    f.option("--variant", options.variant, "this variant alone");
    f.option("--seconds", options.seconds, "how long each time is measured");
    f.option("--max-spread", max_spread, "figures whose samples spread further (distance of the quartiles by the median) are refused (default 15%)");
    f.flag("--quick", options.quick, "a sixth of the time, one image at a time, no whole stages unless named");
    f.flag("--check", options.check, "correctness alone, no times");
    f.option("--svg", svg, "write the roofline plot to this file");
    f.flag("--emulate", emulate, "count what the rungs of a GPU ladder ask of memory (build/ceir-emu; a model, not a measurement)");
  }

  // "5%", "5" or "0.05%": percent.
  static double percent(const std::string& text) {
    size_t used = 0;
    double value = -1;
    try {
      value = std::stod(text, &used);
    } catch (const std::exception&) {
    }
    if (value < 0 || value > 100 || (text.substr(used) != "" && text.substr(used) != "%")) usage_error("--max-spread {}: a percentage from 0 to 100, for example 5%", text);
    return value / 100;
  }

  int run(Context& c) override {
    if (!(options.seconds > 0) || options.seconds > 600) usage_error("--seconds {}: above 0, at most 600", options.seconds);
    options.max_spread = percent(max_spread);
    options.seed = static_cast<uint64_t>(c.globals().seed);
    for (const std::string& a : c.arguments())
      if (a == "--batch" || a.starts_with("--batch=")) options.batch = c.globals().batch;
    options.monitor = c.monitor();
    if (!svg.empty()) c.check_output(svg);
    if (c.globals().dry_run) return dry_run(c, "measure " + (what.empty() ? std::string("everything") : what));
    if (emulate) return count(c);
    const auto rows = bench(what, options);
    std::string text = fmt::format("{:<22} {:<9} {:<40} {:<12}{:>9}{:>10}{:>10}{:>9} {:<9}{:>6}{:>8}{:>8}  {}\n", "operation", "model", "shape", "variant", "error", "warm ms", "cold ms", "rate", "", "% peak", "% vend.", "FLOP/B", "roof");
    Json list = Json::array();
    for (const BenchRow& r : rows) {
      text += line_of(r);
      list.push(json_of(r));
    }
    if (!svg.empty()) write_file(svg, roofline_svg(rows));
    c.result(text, Json::object().set("device", chosen_device()).set("threads", thread_count()).set("max_spread", options.max_spread).set("rows", list));
    for (const BenchRow& r : rows)
      if (!r.correct) fail(ErrorKind::internal, "{} {} {} gives wrong results (error {:.2e})", r.op, r.shape, r.variant, r.error);
    return 0;
  }

  int count(Context& c) const {
    if (!emulated_bench) usage_error("bench --emulate: this program has no emulator inside; build/ceir-emu has, once the tests are built");
    std::string text = "A model, not a measurement: what the addresses alone say (kernels/emulator/emulator.h).\n";
    text += fmt::format("{:<18} {:<22} {:<13} {:>9} {:>9} {:>7} {:>8} {:>8} {:>9} {:>8} {:>8}\n", "operation", "shape", "variant", "global", "sectors", "useful", "shared",
                        "passes", "conflicts", "barriers", "warp ops");
    Json list = Json::array();
    for (const EmulatedRow& r : emulated_bench(what)) {
      Json row = Json::object().set("op", r.op).set("shape", r.shape).set("variant", r.variant);
      if (!r.why_not.empty()) {
        text += fmt::format("{:<18} {:<22} {:<13} {}\n", r.op, r.shape, r.variant, r.why_not);
        list.push(row.set("why_not", r.why_not));
        continue;
      }
      text += fmt::format("{:<18} {:<22} {:<13} {:>9} {:>9} {:>6.0f}% {:>8} {:>8} {:>9} {:>8} {:>8}\n", r.op, r.shape, r.variant, r.global_requests, r.global_sectors, r.coalescing,
                          r.shared_requests, r.shared_passes, r.bank_conflicts, r.barriers, r.warp_operations);
      list.push(row.set("model", true).set("global_requests", r.global_requests).set("global_sectors", r.global_sectors).set("coalescing_percent", r.coalescing)
                    .set("shared_requests", r.shared_requests).set("shared_passes", r.shared_passes).set("bank_conflicts", r.bank_conflicts).set("barriers", r.barriers)
                    .set("warp_operations", r.warp_operations).set("atomics", r.atomics));
    }
    c.result(text, Json::object().set("rows", list));
    return 0;
  }
};

}  // namespace

extern const CommandEntry bench_command{"bench", "speed of every variant and stage, against the peak measured now", "ceir bench clip", make_command<Bench>};

}  // namespace ceir
