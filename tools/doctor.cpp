// ceir doctor: what this machine has and can do, and whether a reference case comes out right on it.
#include "models/parity.h"
#include "tools/image_flags.h"
#include "tools/machine.h"
#include "tools/version.h"

namespace ceir {
namespace {

struct Doctor : Command {
  std::string parity, model, precision = "f32";

  void define(Flags& f) override {
    f.option("--parity", parity, "a case's folder: inputs/ and expected/ of another library, with the model in its own layout");
    f.option("--model", model, "with --parity: the model, where it does not lie in the case's folder");
    f.choice("--precision", precision, {"f32", "f64"}, "with --parity: what is computed in; f64 has limits of 2e-7");
  }

  int run(Context& c) override {
    if (parity.empty()) {
      if (!model.empty()) usage_error("--model goes with --parity CASE");
      if (c.globals().dry_run) return dry_run(c, "show what this machine has");
      const auto facts = machine_facts();
      c.result(version_text() + "\n" + text_of(facts), json_of(facts));
      return 0;
    }
    if (c.globals().dry_run) return dry_run(c, "compare with the case " + parity);
    ParityOptions options;
    options.model = model;
    options.dtype = precision == "f64" ? DType::f64 : DType::f32;
    const ParityReport report = check_parity(parity, options);
    c.result(report.text(), report.json());
    if (const ParityStep* s = report.first_difference())
      bad_input("{}: step '{}' is the first that differs, by {:.3g} ({}; the limit is {:.2g})", parity, s->name, s->difference, s->unit, s->limit);
    return 0;
  }
};

}  // namespace

extern const CommandEntry doctor_command{"doctor", "what this machine has and can do; --parity compares with a reference case",
                                         "ceir doctor --parity my-case", make_command<Doctor>};

}  // namespace ceir
