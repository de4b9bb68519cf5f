// ceir scenes: the drawn world as files.
#include "data/scenes/scenes.h"

#include "tools/image_flags.h"

namespace ceir {
namespace {

struct Scenes : Command {
  int64_t train = 0, test = 0;
  std::string out;

  void define(Flags& f) override {
    f.option("--train", train, "pictures for training");
    f.option("--test", test, "pictures for testing");
    f.option("--out", out, "folder: train/CLASS/*.png, test/CLASS/*.png, truth.jsonl, concepts.txt, attributes.txt", true);
  }

  int run(Context& c) override {
    if (train < 0 || test < 0 || train + test < 1 || train > 100000000 || test > 100000000) usage_error("scenes: --train and --test should be numbers of pictures, at least one in all");
    c.check_output(out);
    if (c.globals().dry_run) return dry_run(c, fmt::format("draw {} pictures into {}", train + test, out));
    scenes::export_world(out, train, test, static_cast<uint64_t>(c.globals().seed), c.monitor());
    c.result(fmt::format("{}: {} pictures for training, {} for testing, {} classes\n", out, train, test, scenes::class_names().size()),
             Json::object().set("out", out).set("train", train).set("test", test).set("classes", static_cast<int64_t>(scenes::class_names().size())));
    return 0;
  }
};

}  // namespace

extern const CommandEntry scenes_command{"scenes", "draw the built-in world of pictures with known content", "ceir scenes --train 6000 --test 2000 --out world", make_command<Scenes>};

}  // namespace ceir
