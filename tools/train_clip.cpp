// ceir train-clip: a small CLIP from pictures and captions.
#include <filesystem>

#include "models/clip_training.h"
#include "tools/image_flags.h"

namespace ceir {
namespace {

struct TrainClip : Command {
  std::string data, out;
  ClipTrainingOptions o;
  int64_t captions = 2;
  bool resume = false;

  void define(Flags& f) override {
    f.positional("DATA", data, "scenes:N[:SEED] (drawn as it trains), a scenes folder, or a .jsonl, .csv or .tsv of path and caption");
    f.option("--out", out, "model folder, Hugging Face layout", true);
    f.option("--steps", o.steps, "optimiser steps; 0 = one pass over the data");
    f.option("--train-batch", o.batch, "pictures a step");
    f.option("--captions", captions, "captions of each picture, where the data has several");
    f.option("--lr", o.lr, "largest learning rate of AdamW");
    f.option("--image-size", o.image_size, "pixels a side that the model sees");
    f.option("--resize", o.shortest, "pixels of the short side before the crop");
    f.option("--patch", o.patch_size, "pixels a side of a patch");
    f.option("--width", o.image_width, "of the image tower");
    f.option("--layers", o.image_layers, "of the image tower");
    f.option("--text-width", o.text_width, "of the text tower");
    f.option("--text-layers", o.text_layers, "of the text tower");
    f.option("--vocabulary", o.vocabulary, "SentencePiece pieces");
    f.flag("--resume", resume, "go on from OUT.partial (done anyway when it fits)");
  }

  // --force replaces a model, never another folder: it might be somebody's home.
  void check_folder(Context& c) const {
    namespace fs = std::filesystem;
    std::error_code error;
    if (!fs::is_directory(out, error)) return c.check_output(out);
    if (!c.globals().force) usage_error("{}: exists already; --force overwrites it", out);
    if (!fs::is_empty(out, error) && !fs::exists(fs::path(out) / "config.json", error)) usage_error("{}: is a folder that holds no model, and is left alone; choose another --out", out);
  }

  int run(Context& c) override {
    if (captions < 1 || captions > 16) usage_error("--captions {}: 1 to 16", captions);
    constexpr int64_t most_steps = 100000000;
    if (o.steps < 0 || o.steps > most_steps) usage_error("--steps {}: 0 (one pass over the data) to {}", o.steps, most_steps);
    if (o.batch < 2 || o.batch > 65536) usage_error("--train-batch {}: 2 to 65536 pictures", o.batch);
    if (!(o.lr > 0)) usage_error("--lr {}: above 0", o.lr);
    check_folder(c);
    o.captions = static_cast<int>(captions);
    o.seed = static_cast<uint64_t>(c.globals().seed);
    o.monitor = c.monitor();
    const auto pictures = open_captions(data);
    const std::string partial = out + ".partial";
    if (resume && !std::filesystem::exists(partial + "/train-clip.safetensors")) c.warn(partial + " holds nothing to resume; training begins at the first step");
    if (c.globals().dry_run) return dry_run(c, fmt::format("train a CLIP on {} pictures of {} into {}", pictures->size(), data, out));
    c.unfinished(out);
    Checkpoint checkpoint(partial, "train-clip", clip_training_key(*pictures, o), 30);
    o.checkpoint = &checkpoint;
    const ClipTrainingResult trained = train_clip(*pictures, o);
    if (c.globals().force) std::filesystem::remove_all(out);
    save_trained_clip(trained, out, o.weights_dtype);
    std::filesystem::remove_all(partial);
    const double last = trained.losses.empty() ? 0 : trained.losses.back();
    c.result(fmt::format("{}: {} steps, loss {:.4f}\n", out, trained.steps, last),
             Json::object().set("out", out).set("steps", trained.steps).set("loss", last).set("sha256", trained.clip->content_hash()));
    return 0;
  }
};

}  // namespace

extern const CommandEntry train_clip_command{"train-clip", "train a small CLIP from pictures and captions", "ceir train-clip scenes:100000 --steps 400 --out my-clip", make_command<TrainClip>};

}  // namespace ceir
