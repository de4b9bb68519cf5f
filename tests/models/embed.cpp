// Embedding many pictures: rows stay aligned when some are unreadable, and an interrupted run goes on where it stopped.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <thread>

#include "kernels/base/interrupt.h"
#include "kernels/base/table.h"
#include "kernels/base/threads.h"
#include "models/embed.h"
#include "tensor/io/npy.h"
#include "tests/models/tiny_clip.h"

using namespace ceir;
using namespace ceir::test;

namespace {

// Noise of various sizes; the pictures listed are unreadable.
class NoisePictures : public ImageSet {
 public:
  NoisePictures(int64_t n, std::vector<int64_t> bad) : n_(n), bad_(std::move(bad)) {}
  int64_t size() const override { return n_; }
  std::string path(int64_t i) const override { return fmt::format("{}.png", i); }
  Image load(int64_t i, const DecodeOptions&) const override {
    loads++;
    if (i == interrupt_at) request_interrupt();
    for (const int64_t b : bad_)
      if (b == i) bad_input("{}: broken", path(i));
    Random random(5, "test.noise", static_cast<uint64_t>(i));
    Image image;
    image.width = 16 + static_cast<int>(random.below(9));
    image.height = 16 + static_cast<int>(random.below(9));
    image.pixels.resize(static_cast<size_t>(image.width * image.height * 3));
    for (uint8_t& p : image.pixels) p = static_cast<uint8_t>(random.below(256));
    return image;
  }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::string name() const override { return "noise"; }
  std::string content_key() const override { return "noise"; }

  mutable std::atomic<int64_t> loads{0};
  int64_t interrupt_at = -1;

 private:
  int64_t n_;
  std::vector<int64_t> bad_;
  std::vector<std::string> classes_;
};

}  // namespace

TEST_CASE("embed: unreadable pictures are left out and listed; the others are as without them, whatever batch and threads") {
  const auto clip = Clip::create(tiny_config(), 2);
  clip->freeze();
  const NoisePictures good(20, {}), some_bad(20, {0, 7, 8, 19});
  const EmbedResult all = embed_images(*clip, good);
  REQUIRE(all.features.dim(0) == 20);
  for (const int threads : {1, 2}) {
    set_thread_count(threads);
    for (const int64_t batch : {1, 7, 64}) {
      CAPTURE(batch);
      EmbedOptions options;
      options.batch = batch;
      const EmbedResult r = embed_images(*clip, some_bad, options);
      REQUIRE(r.rows == std::vector<int64_t>{1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18});
      REQUIRE(r.skipped.size() == 4);
      CHECK(r.skipped[1].row == 7);
      CHECK(r.skipped[1].reason == "7.png: broken");
      for (size_t k = 0; k < r.rows.size(); k++) {
        const int64_t row = static_cast<int64_t>(k);
        CHECK(r.features.rows(row, row + 1).values() == all.features.rows(r.rows[k], r.rows[k] + 1).values());
      }
    }
  }
  set_thread_count(0);
}

namespace {

std::atomic<int64_t> kernels_run{0};

// The third picture is not there before a kernel has run since it was asked for: somebody else must be computing.
class WaitingPictures : public NoisePictures {
 public:
  using NoisePictures::NoisePictures;
  Image load(int64_t i, const DecodeOptions& options) const override {
    if (i == 2) {
      const int64_t before = kernels_run;
      const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
      while (kernels_run == before && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      overlapped = kernels_run > before;
    }
    return NoisePictures::load(i, options);
  }
  mutable std::atomic<bool> overlapped{false};
};

}  // namespace

TEST_CASE("embed: while one worker decodes, another computes") {
  const auto clip = Clip::create(tiny_config(), 2);
  clip->freeze();
  const WaitingPictures pictures(16, {});
  EmbedOptions options;
  options.batch = 16;
  set_thread_count(2);
  set_kernel_observer([](const char*, const char*) { kernels_run++; });
  const EmbedResult r = embed_images(*clip, pictures, options);
  set_kernel_observer(nullptr);
  set_thread_count(0);
  CHECK(pictures.overlapped);
  CHECK(r.features.values() == embed_images(*clip, NoisePictures(16, {})).features.values());
}

TEST_CASE("embed: a list of rows, and rows of length 1") {
  const auto clip = Clip::create(tiny_config(), 2);
  const NoisePictures pictures(9, {});
  const EmbedResult all = embed_images(*clip, pictures);
  EmbedOptions options;
  options.rows = {6, 2};
  options.normalize = true;
  const EmbedResult two = embed_images(*clip, pictures, options);
  CHECK(two.rows == std::vector<int64_t>{6, 2});
  double squares = 0, dot = 0, norm = 0;
  const auto a = two.features.rows(0, 1).values(), b = all.features.rows(6, 7).values();
  for (size_t i = 0; i < a.size(); i++) squares += a[i] * a[i], dot += a[i] * b[i], norm += b[i] * b[i];
  CHECK(squares == doctest::Approx(1).epsilon(1e-6));
  CHECK(dot / std::sqrt(norm) == doctest::Approx(1).epsilon(1e-6));
}

TEST_CASE("embed: interrupted and started again it gives the same bits, and does not repeat what was done") {
  const TemporaryFolder folder;
  const auto clip = Clip::create(tiny_config(), 2);
  const NoisePictures whole(40, {3, 30});
  NoisePictures interrupted(40, {3, 30});
  interrupted.interrupt_at = 21;
  EmbedOptions options;
  options.batch = 8;
  const EmbedResult reference = embed_images(*clip, whole, options);
  Checkpoint checkpoint(folder.path + "/out.partial", "embed", "key");
  options.checkpoint = &checkpoint;
  CHECK_THROWS_AS(embed_images(*clip, interrupted, options), Error);
  clear_interrupt();
  const NoisePictures rest(40, {3, 30});
  const EmbedResult resumed = embed_images(*clip, rest, options);
  CHECK(rest.loads == 16);   // three batches of eight were done
  CHECK(resumed.features.values() == reference.features.values());
  CHECK(resumed.rows == reference.rows);
  REQUIRE(resumed.skipped.size() == 2);
  CHECK(resumed.skipped[0].row == 3);
  CHECK(resumed.skipped[1].reason == "30.png: broken");
  Checkpoint other(folder.path + "/out.partial", "embed", "another key");
  options.checkpoint = &other;
  const NoisePictures anew(40, {3, 30});
  embed_images(*clip, anew, options);
  CHECK(anew.loads == 40);
}

TEST_CASE("embed: the trace writes the first picture's steps as numbered files") {
  const TemporaryFolder folder;
  const auto clip = Clip::create(tiny_config(), 2);
  const Trace trace = trace_writer(folder.path + "/t", "step_");
  EmbedOptions options;
  options.trace = &trace;
  options.batch = 4;
  embed_images(*clip, NoisePictures(9, {0}), options);
  CHECK(read_npy(folder.path + "/t/step_00_embeddings.npy").shape() == Shape{17, 36});
  CHECK(read_npy(folder.path + "/t/step_06_layer_00.npy").shape() == Shape{17, 36});
  CHECK(read_npy(folder.path + "/t/step_12_post_layernorm.npy").shape() == Shape{36});
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path + "/t")) files++;
  CHECK(files == 14);
}

TEST_CASE("embed: weights that are not finite are an error, not a row of NaN") {
  const auto clip = Clip::create(tiny_config(), 2);
  for (auto& [name, tensor] : clip->parameters())
    if (name == "vision_model.post_layernorm.bias") tensor->fill(NAN);
  CHECK_THROWS_WITH_AS(embed_images(*clip, NoisePictures(3, {})), doctest::Contains("not finite"), Error);
}
