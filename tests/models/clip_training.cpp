// Training of a small CLIP: it learns, and its bits depend on nothing but data, options and seed.
#include "models/clip_training.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>

#include "data/scenes/scenes.h"
#include "kernels/base/error.h"
#include "kernels/base/interrupt.h"
#include "kernels/base/threads.h"
#include "models/embed.h"
#include "tensor/io/file.h"

using namespace ceir;

namespace {

namespace fs = std::filesystem;

struct TemporaryFolder {
  fs::path path = fs::temp_directory_path() / ("ceir_clip_training_" + std::to_string(getpid()));
  TemporaryFolder() { fs::remove_all(path), fs::create_directories(path); }
  ~TemporaryFolder() { fs::remove_all(path); }
  std::string operator/(const std::string& name) const { return (path / name).string(); }
};

ClipTrainingOptions tiny(int64_t steps) {
  ClipTrainingOptions o;
  o.image_size = 60, o.patch_size = 20, o.image_width = 32, o.image_layers = 1, o.image_heads = 2;
  o.text_width = 32, o.text_layers = 1, o.text_heads = 2, o.projection = 16;
  o.vocabulary = 300, o.vocabulary_captions = 400, o.batch = 32, o.steps = steps, o.lr = 3e-3;
  return o;
}

// Presses Ctrl-C after a number of steps.
struct Interrupter : Monitor {
  int64_t at;
  explicit Interrupter(int64_t step) : at(step) {}
  void progress(std::string_view stage, int64_t done, int64_t, std::string_view, std::string_view) override {
    if (stage == "train-clip" && done == at) request_interrupt();
  }
};

}  // namespace

TEST_CASE("train-clip: the loss falls below that of guessing") {
  const auto data = open_captions("scenes:8000:5");
  const ClipTrainingResult r = train_clip(*data, tiny(150));
  REQUIRE(r.losses.size() == 150);
  double last = 0;
  for (size_t i = 140; i < 150; i++) last += r.losses[i] / 10;
  CHECK(last < 3.2);   // guessing among 32 costs ln 32 = 3.47
  CHECK(r.clip->logit_scale_factor() <= 100.001);
  CHECK(r.clip->config().text->eos_token_id != 2);
}

TEST_CASE("train-clip: one thread or three, at one go or interrupted twice: the same bits") {
  const TemporaryFolder folder;
  const auto data = open_captions("scenes:4000:5");
  const int threads = thread_count();
  set_thread_count(1);
  const std::string one = train_clip(*data, tiny(6)).clip->content_hash();
  set_thread_count(3);
  const std::string three = train_clip(*data, tiny(6)).clip->content_hash();
  set_thread_count(threads);
  CHECK(one == three);
  ClipTrainingOptions o = tiny(6);
  Checkpoint checkpoint(folder / "partial", "train-clip", clip_training_key(*data, o));
  o.checkpoint = &checkpoint;
  for (const int64_t stop : {2, 4}) {
    Interrupter monitor(stop);
    o.monitor = &monitor;
    CHECK_THROWS_AS(train_clip(*data, o), Error);
    clear_interrupt();
  }
  o.monitor = nullptr;
  const ClipTrainingResult resumed = train_clip(*data, o);
  CHECK(resumed.clip->content_hash() == one);
  CHECK(resumed.losses.size() == 6);
  ClipTrainingOptions other = tiny(6);
  other.seed = 43;
  CHECK(train_clip(*data, other).clip->content_hash() != one);
  CHECK(clip_training_key(*data, other) != clip_training_key(*data, o));
}

TEST_CASE("train-clip: what was saved opens again and gives the same features, texts included") {
  const TemporaryFolder folder;
  const auto data = open_captions("scenes:4000:5");
  const ClipTrainingResult r = train_clip(*data, tiny(3));
  save_trained_clip(r, folder / "model", DType::f32);
  const auto clip = Clip::open(folder / "model");
  const std::vector<std::string> texts = {"a red barn", "Something RED, and rain!", ""};
  CHECK(embed_texts(*clip, texts).values() == embed_texts(*r.clip, texts).values());
  const auto world = scenes::image_set(3, 0, 9);
  CHECK(embed_images(*clip, *world).features.values() == embed_images(*r.clip, *world).features.values());
  CHECK(read_lines(folder / "model/loss.jsonl").size() == 3);
  CHECK(read_text_file(folder / "model/loss.svg").find("step 3</text>") != std::string::npos);
  CHECK_FALSE(fs::exists(folder / "model.partial"));
  CHECK_THROWS_AS(save_trained_clip(r, folder / "model", DType::f32), Error);   // exists
}

TEST_CASE("train-clip: the learning rate warms up in a line and falls as a cosine") {
  ClipTrainingOptions o;
  o.lr = 1, o.warm_up = 0.1;
  CHECK(scheduled_lr(o, 0, 100) == doctest::Approx(0.1));
  CHECK(scheduled_lr(o, 9, 100) == doctest::Approx(1));
  CHECK(scheduled_lr(o, 54, 100) == doctest::Approx(0.5));
  CHECK(scheduled_lr(o, 99, 100) == doctest::Approx(0).epsilon(1e-9));
}

TEST_CASE("captions: lists in three formats, and what is wrong with them by file and line") {
  const TemporaryFolder folder;
  scenes::export_world(folder / "world", 6, 2, 4);
  CHECK(open_captions(folder / "world")->size() == 6);   // the training rows
  const auto first = open_captions(folder / "world")->load(0, 1);
  CHECK(first.image.pixels == scenes::draw(4, 0).image.pixels);
  CHECK(first.captions[0] == scenes::draw(4, 0).caption);
  write_file(folder / "a.csv", "path,caption\na.png,\"a barn, a \"\"red\"\" one\"\nb.png,rain\n");
  CHECK(open_captions(folder / "a.csv")->caption(0) == "a barn, a \"red\" one");
  CHECK(open_captions(folder / "a.csv")->size() == 2);
  write_file(folder / "a.tsv", "a.png\ta barn, red\n");
  CHECK(open_captions(folder / "a.tsv")->caption(0) == "a barn, red");
  write_file(folder / "a.jsonl", "{\"path\": \"a.png\", \"caption\": \"fog\"}\n");
  CHECK(open_captions(folder / "a.jsonl")->caption(0) == "fog");
  write_file(folder / "bad.csv", "a.png,fine\nb.png\n");
  CHECK_THROWS_WITH_AS(open_captions(folder / "bad.csv"), doctest::Contains("line 2"), Error);
  write_file(folder / "bad.jsonl", "{\"path\": \"a.png\"}\n");
  CHECK_THROWS_WITH_AS(open_captions(folder / "bad.jsonl"), doctest::Contains("caption"), Error);
  CHECK_THROWS_AS(open_captions("scenes:x"), Error);
  CHECK_THROWS_AS(open_captions("scenes:0"), Error);
  CHECK_THROWS_AS(open_captions(folder / "missing.txt"), Error);
  CHECK_THROWS_AS(train_clip(*open_captions("scenes:16:5"), tiny(2)), Error);   // fewer than a batch
}
