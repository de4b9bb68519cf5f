// ceir inspect: what a file or folder is, and what it holds.
#include "weights/inspect.h"

#include "tools/image_flags.h"

namespace ceir {
namespace {

struct Inspect : Command {
  std::string path;
  bool full = false;

  void define(Flags& f) override {
    f.positional("PATH", path, "a .safetensors, .npy, tokenizer or JSON file, a model folder or a run folder");
    f.flag("--full", full, "read the data too: range, NaN count, SHA-256");
  }

  int run(Context& c) override {
    const Description d = describe(path, full, c.monitor());
    c.result(d.text(), d.json());
    return 0;
  }
};

}  // namespace

extern const CommandEntry inspect_command{"inspect", "what a file or folder is: tensors, shapes, metadata", "ceir inspect weights.safetensors --full", make_command<Inspect>};

}  // namespace ceir
