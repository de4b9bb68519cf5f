// ceir bench: variants and stages, against the peak measured now.
#include "models/bench.h"

#include "tools/emulated.h"
#include "tools/image_flags.h"

namespace ceir {
namespace {

struct Bench : Command {
  std::string what;
  double seconds = 0.3;
  bool emulate = false;

  void define(Flags& f) override {
    f.positional("WHAT", what, "an operation or a stage: clip, vae, cbm, kmeans, gemm, ...; without it everything", false);
    f.option("--seconds", seconds, "how long each row is measured");
    f.flag("--emulate", emulate, "count what the rungs of a GPU ladder ask of memory (build/ceir-emu; a model, not a measurement)");
  }

  int run(Context& c) override {
    if (!(seconds > 0) || seconds > 600) usage_error("--seconds {}: above 0, at most 600", seconds);
    BenchOptions options;
    options.seconds = seconds;
    options.seed = static_cast<uint64_t>(c.globals().seed);
    options.monitor = c.monitor();
    if (c.globals().dry_run) return dry_run(c, "measure " + (what.empty() ? std::string("everything") : what));
    if (emulate) return count(c);
    const auto rows = bench(what, options);
    std::string text = fmt::format("{:<16} {:<26} {:<10} {:>10} {:>9} {:>16} {:>7}\n", "operation", "shape", "variant", "error", "ms", "rate", "% peak");
    Json list = Json::array();
    for (const BenchRow& r : rows) {
      if (!r.why_not.empty()) {
        text += fmt::format("{:<16} {:<26} {:<10} {}\n", r.op, r.shape, r.variant, r.why_not);
        list.push(Json::object().set("op", r.op).set("shape", r.shape).set("variant", r.variant).set("why_not", r.why_not));
        continue;
      }
      text += fmt::format("{:<16} {:<26} {:<10} {:>10} {:>9.3f} {:>8.4g} {:<8} {:>6}  {}{}\n", r.op, r.shape, r.variant, r.error < 0 ? "" : fmt::format("{:.1e}", r.error), r.ms, r.rate, r.unit,
                          r.percent_of_peak < 0 ? "" : fmt::format("{:.0f}", r.percent_of_peak), r.note, r.correct ? "" : "  WRONG");
      list.push(Json::object().set("op", r.op).set("shape", r.shape).set("variant", r.variant).set("error", r.error).set("correct", r.correct).set("ms", r.ms).set("rate", r.rate).set("unit", r.unit)
                    .set("percent_of_peak", r.percent_of_peak < 0 ? Json() : Json(r.percent_of_peak)).set("note", r.note));
    }
    c.result(text, Json::object().set("rows", list));
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
