// Whole stages, at the sizes of CIFAR-10 with the authors' concepts; random weights and data, as speed does not see values.
#include "models/bench_rows.h"
#include "models/clip.h"
#include "models/clip_config.h"
#include "models/concept_bottleneck.h"
#include "models/kmeans.h"
#include "models/vae_training.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

Tensor random_tensor(BenchContext& c, const Shape& shape, uint64_t salt) {
  return Tensor::from(bench_numbers(shape.numel(), c.options.seed + salt), shape);
}

BenchRow stage(const char* op, const std::string& shape, double seconds, double rate, const char* unit, std::string note = {}) {
  BenchRow row;
  row.op = op, row.shape = shape, row.variant = "chosen";
  row.ms = 1e3 * seconds, row.rate = rate, row.unit = unit, row.note = std::move(note);
  return row;
}

void clip_rows(BenchContext& c) {
  const ClipConfig config = clip_config_by_name("ViT-B/32");
  const auto clip = Clip::create(config, c.options.seed);
  clip->freeze();
  const double side = static_cast<double>(config.image->image_size);
  const double patch = static_cast<double>(config.image->patch_size), tokens = side / patch * side / patch + 1, width = 768;
  // What a plain tower computes for an image; ours leaves out the last block's other tokens.
  const double nominal = 12 * (2 * tokens * width * 12 * width + 4 * tokens * tokens * width) +
                         2 * (tokens - 1) * 3 * patch * patch * width + 2 * width * 512;
  for (const int64_t batch : {1, 8, 32}) {
    const Tensor pixels = random_tensor(c, {batch, 3, config.image->image_size, config.image->image_size}, 1);
    const double seconds = median_seconds(std::max(1.0, c.options.seconds), [&] { clip->image_features(pixels); });
    const double images = static_cast<double>(batch) / seconds;
    BenchRow row = stage("clip", fmt::format("ViT-B/32 f32, batch {}", batch), seconds, images, "images/s",
                         fmt::format("{:.0f} GFLOP/s nominal", images * nominal / 1e9));
    row.percent_of_peak = 100 * images * nominal / 1e9 / c.peak.f32;
    c.rows.push_back(row);
  }
  const std::vector<std::vector<int64_t>> texts(64, {49406, 320, 1125, 539, 49407});
  const double seconds = median_seconds(std::max(1.0, c.options.seconds), [&] { clip->text_features(texts); });
  c.rows.push_back(stage("clip", "ViT-B/32 f32, 64 texts", seconds, 64 / seconds, "texts/s", "5 tokens each"));
}

void vae_rows(BenchContext& c) {
  const int64_t rows = 60000;
  const Tensor concepts = random_tensor(c, {rows, 143}, 2);
  for (const bool faithful : {false, true}) {
    VaeOptions options = faithful ? VaeOptions::faithful() : VaeOptions::sound();
    options.epochs = 1, options.seed = c.options.seed;
    options.hidden = 256, options.latent = 128;  // the sizes of the authors' loop, so that both do the same work
    const double seconds = median_seconds(0.01, [&] { train_vae(concepts, options); });
    c.rows.push_back(stage("vae", faithful ? "60000 x 143, f64 faithful" : "60000 x 143, f32 sound", seconds, seconds, "s/epoch",
                           "hidden 256, latent 128"));
  }
}

void cbm_rows(BenchContext& c) {
  const int64_t n = 50000, d = 768, k = 143, held = 64;
  const Tensor features = random_tensor(c, {n, d}, 3), teacher = random_tensor(c, {n, k}, 4);
  const std::vector<std::string> names = [&] {
    std::vector<std::string> v;
    for (int64_t i = 0; i < k; i++) v.push_back(fmt::format("concept {}", i));
    return v;
  }();
  BottleneckOptions options;
  options.cutoff = -2;  // a cosine is never below: random teachers keep their concepts
  options.check_every = 1 << 20;
  options.seed = c.options.seed;
  // A step is what more steps cost, so that set-up and the final projection do not count.
  const auto time = [&](int64_t steps) {
    options.steps = steps;
    return median_seconds(0.0, [&] {
      train_bottleneck(features, teacher, features.rows(0, held), teacher.rows(0, held), names, options);
    });
  };
  const double few = time(1), many = time(6), seconds = std::max(1e-6, (many - few) / 5);
  c.rows.push_back(stage("cbm", "50000 x 768 -> 143", seconds, seconds, "s/step", "f32, all rows in each step"));
}

void kmeans_rows(BenchContext& c) {
  const Tensor x = random_tensor(c, {10000, 128}, 5);
  KMeansOptions options;
  options.clusters = 10, options.restarts = 10, options.seed = c.options.seed;
  double inertia = 0;
  const double seconds = median_seconds(c.options.seconds, [&] { inertia = kmeans(x, options).inertia; });
  c.rows.push_back(stage("kmeans", "10000 x 128, k 10", seconds, seconds, "s", fmt::format("10 restarts, inertia {:.6g}", inertia)));
}

}  // namespace

const std::vector<BenchEntry>& bench_stages() {
  static const std::vector<BenchEntry> list = {{"clip", clip_rows}, {"vae", vae_rows}, {"cbm", cbm_rows}, {"kmeans", kmeans_rows}};
  return list;
}

}  // namespace ceir
