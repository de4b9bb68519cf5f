// ceir bench: variants and stages, against the peak measured now.
#include "models/bench.h"

#include "tools/image_flags.h"

namespace ceir {
namespace {

struct Bench : Command {
  std::string what;
  double seconds = 0.3;

  void define(Flags& f) override {
    f.positional("WHAT", what, "an operation or a stage: clip, vae, cbm, kmeans, gemm, ...; without it everything", false);
    f.option("--seconds", seconds, "how long each row is measured");
  }

  int run(Context& c) override {
    if (!(seconds > 0) || seconds > 600) usage_error("--seconds {}: above 0, at most 600", seconds);
    BenchOptions options;
    options.seconds = seconds;
    options.seed = static_cast<uint64_t>(c.globals().seed);
    options.monitor = c.monitor();
    if (c.globals().dry_run) return dry_run(c, "measure " + (what.empty() ? std::string("everything") : what));
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
};

}  // namespace

extern const CommandEntry bench_command{"bench", "speed of every variant and stage, against the peak measured now", "ceir bench clip", make_command<Bench>};

}  // namespace ceir
