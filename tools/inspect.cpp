// ceir inspect: what a file or folder is, and what it holds.
#include "weights/inspect.h"

#include "models/identify.h"
#include "models/known_models.h"
#include "tools/image_flags.h"

namespace ceir {
namespace {

struct Inspect : Command {
  std::string path;
  bool full = false, known = false;

  void define(Flags& f) override {
    f.positional("PATH", path, "a .safetensors, PyTorch checkpoint, .npy, tokenizer or JSON file, a model folder or a run folder", false);
    f.flag("--full", full, "read the data too: range, NaN count, SHA-256");
    f.flag("--known", known, "the published models whose sizes are known, and their weights' activation and normalisation");
  }

  int run(Context& c) override {
    if (known) {
      if (!path.empty()) usage_error("--known prints a table and takes no PATH");
      c.result(known_models_text(), known_models_json());
      return 0;
    }
    if (path.empty()) usage_error("give a PATH to inspect, or --known");
    Description d = describe(path, full, c.monitor());
    if (!d.tensors.empty() && d.kind != "npy array") {
      const auto facts = identify_model(path);
      d.facts.insert(d.facts.begin(), facts.begin(), facts.end());
    }
    c.result(d.text(), d.json());
    return 0;
  }
};

}  // namespace

extern const CommandEntry inspect_command{"inspect", "what a file or folder is: tensors, shapes, metadata", "ceir inspect weights.safetensors --full", make_command<Inspect>};

}  // namespace ceir
