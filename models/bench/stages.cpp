// Whole stages, at the sizes of CIFAR-10 with the authors' concepts; random weights and data, as speed does not see values.
#include "kernels/normal/normal.h"
#include "kernels/base/random.h"
#include "models/bench/context.h"
#include "models/bench/sizes.h"
#include "models/clip.h"
#include "models/clip_config.h"
#include "models/concept_bottleneck.h"
#include "models/kmeans.h"
#include "models/vae_training.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

Tensor random_tensor(BenchContext& c, const Shape& shape, uint64_t salt) {
  std::vector<float> v(static_cast<size_t>(shape.numel()));
  fill_normal(Random(c.options.seed + salt, "bench"), v.data(), shape.numel());
  return Tensor::from(v, shape);
}

// Runs of seconds: three samples are what can be afforded.
Timing time_stage(BenchContext& c, double seconds, const std::function<double(int64_t)>& sample) {
  TimingOptions t = c.timing();
  t.seconds = seconds, t.longest_run = 1e30, t.fewest_samples = 3, t.rounds = 3;
  return time_runs(sample, t);
}

// `per_second`: of how much in one run; 0: the rate is the time itself.
BenchRow& stage(BenchContext& c, const char* op, const std::string& shape, const Timing& t, double per_second, const char* unit, std::string note = {}) {
  BenchRow row;
  row.op = op, row.shape = shape, row.variant = "chosen", row.unit = unit, row.note = std::move(note);
  row.spread = t.spread, row.refused = t.refused;
  if (t.measured()) row.ms = 1e3 * t.seconds, row.rate = per_second > 0 ? per_second / t.seconds : t.seconds;
  c.rows.push_back(row);
  return c.rows.back();
}

void clip_rows(BenchContext& c) {
  const BenchSizes sizes = bench_sizes("b32", 1);
  const TowerSizes& b32 = sizes.towers[0];
  const auto clip = Clip::create(clip_config_by_name("ViT-B/32"), c.options.seed);
  clip->freeze();
  const double tokens = static_cast<double>(b32.tokens), width = static_cast<double>(b32.width), patch = static_cast<double>(b32.patch);
  const double layers = static_cast<double>(clip_config_by_name("ViT-B/32").image->tower.layers);
  // What a plain tower computes for an image; ours leaves out the last block's other tokens.
  const double nominal = layers * (2 * tokens * width * 12 * width + 4 * tokens * tokens * width) +
                         2 * (tokens - 1) * 3 * patch * patch * width + 2 * width * static_cast<double>(b32.projection);
  for (const int64_t batch : {1, 8, 32}) {
    const Tensor pixels = random_tensor(c, {batch, 3, b32.image_size, b32.image_size}, 1);
    const Timing t = time_stage(c, std::max(1.0, c.options.seconds), clocked([&] { clip->image_features(pixels); }));
    BenchRow& row = stage(c, "clip", fmt::format("ViT-B/32 f32, batch {}", batch), t, static_cast<double>(batch), "images/s");
    if (row.rate < 0) continue;
    row.note = fmt::format("{:.0f} GFLOP/s nominal", row.rate * nominal / 1e9);
    row.nominal_gflops = static_cast<double>(batch) * nominal / 1e9;
  }
  const std::vector<std::vector<int64_t>> texts(64, {49406, 320, 1125, 539, 49407});
  const Timing t = time_stage(c, std::max(1.0, c.options.seconds), clocked([&] { clip->text_features(texts); }));
  stage(c, "clip", "ViT-B/32 f32, 64 texts", t, 64, "texts/s", "5 tokens each");
}

void vae_rows(BenchContext& c) {
  const BenchSizes sizes = bench_sizes("vae", 1);
  const VaeSizes& v = sizes.vaes[0];
  const Tensor concepts = random_tensor(c, {v.data_rows, v.concepts}, 2);
  for (const bool faithful : {false, true}) {
    VaeOptions options = faithful ? VaeOptions::faithful() : VaeOptions::sound();
    options.epochs = 1, options.seed = c.options.seed;
    options.hidden = v.hidden, options.latent = v.latent;  // the sizes of the authors' loop, so that both do the same work
    const Timing t = time_stage(c, 0.01, clocked([&] { train_vae(concepts, options); }));
    stage(c, "vae", fmt::format("{} x {}, {}", v.data_rows, v.concepts, faithful ? "f64 faithful" : "f32 sound"), t, 0, "s/epoch", fmt::format("hidden {}, latent {}", v.hidden, v.latent));
  }
}

void cbm_rows(BenchContext& c) {
  const BenchSizes sizes = bench_sizes("cbm", 1);
  const auto [model, n, d, k] = sizes.bottlenecks[0];
  const int64_t held = 64;
  const Tensor features = random_tensor(c, {n, d}, 3), teacher = random_tensor(c, {n, k}, 4);
  std::vector<std::string> names;
  for (int64_t i = 0; i < k; i++) names.push_back(fmt::format("concept {}", i));
  BottleneckOptions options;
  options.cutoff = -2;  // a cosine is never below: random teachers keep their concepts
  options.check_every = 1 << 20;
  options.seed = c.options.seed;
  // A step is what more steps cost, so that set-up and the final projection do not count.
  const auto seconds = [&](int64_t steps) {
    options.steps = steps;
    return clocked([&] { train_bottleneck(features, teacher, features.rows(0, held), teacher.rows(0, held), names, options); })(1);
  };
  const auto step = [&](int64_t runs) {
    double sum = 0;
    for (int64_t i = 0; i < runs; i++) sum += std::max(1e-6, (seconds(6) - seconds(1)) / 5);
    return sum;
  };
  TimingOptions once = c.timing();
  stage(c, "cbm", fmt::format("{} x {} -> {}", n, d, k), [&] {
    once.seconds = 0.01, once.longest_run = 1e30, once.fewest_samples = 3, once.rounds = 3, once.single_runs = true;
    return time_runs(step, once);
  }(), 0, "s/step", "f32, all rows in each step");
}

void kmeans_rows(BenchContext& c) {
  const BenchSizes sizes = bench_sizes("kmeans", 1);
  const ClusterSizes& s = sizes.clusters[0];
  const Tensor x = random_tensor(c, {s.rows, s.width}, 5);
  KMeansOptions options;
  options.clusters = s.clusters, options.restarts = 10, options.seed = c.options.seed;
  double inertia = 0;
  const Timing t = time_stage(c, c.options.seconds, clocked([&] { inertia = kmeans(x, options).inertia; }));
  stage(c, "kmeans", fmt::format("{} x {}, k {}", s.rows, s.width, s.clusters), t, 0, "s", fmt::format("10 restarts, inertia {:.6g}", inertia));
}

}  // namespace

const std::vector<BenchStage>& bench_stages() {
  static const std::vector<BenchStage> list = {{"clip", "b32", clip_rows}, {"vae", "vae", vae_rows}, {"cbm", "cbm", cbm_rows}, {"kmeans", "kmeans", kmeans_rows}};
  return list;
}

}  // namespace ceir
