#include "models/bench/sizes.h"

#include "kernels/base/error.h"
#include "models/kmeans.h"
#include "models/known_models.h"
#include "models/vae_training.h"

namespace ceir {
namespace {

struct Named {
  const char* name;          // as --model takes it
  const char* architecture;  // of known_models.h
  bool text;
};
constexpr Named towers[] = {{"b32", "ViT-B-32", false}, {"b16", "ViT-B-16", false}, {"l14", "ViT-L-14", false}, {"l14-336", "ViT-L-14-336", false},
                            {"text", "ViT-B-32", true}, {"text-l14", "ViT-L-14", true}};

TowerSizes tower_of(const Named& n, int64_t batch) {
  const KnownArchitecture& a = *find_architecture(n.architecture);
  TowerSizes t{.model = n.name, .text = n.text, .batch = batch, .tokens = a.context, .width = a.text_width, .heads = a.text_heads,
               .intermediate = a.text_intermediate, .projection = a.projection, .activation = Unary::quick_gelu, .vocabulary = a.vocabulary};
  if (n.text) return t;
  const int64_t side = a.image_size / a.patch_size;
  t.tokens = side * side + 1, t.width = a.width, t.heads = a.heads, t.intermediate = a.intermediate;
  t.image_size = a.image_size, t.patch = a.patch_size, t.vocabulary = 0;
  return t;
}

// CIFAR-10 and its 143 concepts (Label-free CBM's list after its filters), as the authors train on them.
constexpr int64_t cifar_rows = 50000, cifar_all = 60000, cifar_concepts = 143, cifar_classes = 10;

void add_tiny(BenchSizes& s) {
  s.towers.push_back({.model = "tiny", .text = false, .batch = 2, .tokens = 5, .width = 64, .heads = 2, .intermediate = 128, .projection = 48,
                      .activation = Unary::quick_gelu, .image_size = 16, .patch = 8});
  s.towers.push_back({.model = "tiny", .text = true, .batch = 2, .tokens = 7, .width = 64, .heads = 2, .intermediate = 128, .projection = 48,
                      .activation = Unary::quick_gelu, .vocabulary = 50});
  s.stems.push_back({"tiny", 1, 3, 8});
  s.vaes.push_back({"tiny", 24, 13, 32, 8, 96});
  s.bottlenecks.push_back({"tiny", 320, 48, 13});
  s.clusters.push_back({"tiny", 128, 8, 3, 3});
}

}  // namespace

std::vector<std::string> bench_models() {
  std::vector<std::string> names;
  for (const Named& n : towers) names.emplace_back(n.name);
  for (const char* n : {"rn50", "vae", "cbm", "kmeans", "tiny"}) names.emplace_back(n);
  return names;
}

BenchSizes bench_sizes(const std::string& model, int64_t batch) {
  std::string list;
  bool known = model.empty();
  for (const std::string& n : bench_models()) list += (list.empty() ? "" : ", ") + n, known = known || n == model;
  if (!known) usage_error("bench: there is no model '{}'; --model takes {}", model, list);
  BenchSizes s;
  if (model == "tiny") return add_tiny(s), s;
  const auto wanted = [&](const char* name) { return model.empty() || model == name; };
  for (const Named& n : towers)
    if (wanted(n.name)) s.towers.push_back(tower_of(n, batch));
  if (const KnownArchitecture& rn = *find_architecture("RN50"); wanted("rn50")) s.stems.push_back({"rn50", batch, rn.width, rn.image_size / 2});
  const VaeOptions vae = VaeOptions::faithful();
  if (wanted("vae")) s.vaes.push_back({"vae", vae.train_batch, cifar_concepts, vae.hidden_size(), vae.latent, cifar_all});
  if (wanted("cbm")) s.bottlenecks.push_back({"cbm", cifar_rows, find_architecture("ViT-L-14")->projection, cifar_concepts});
  // The test split; greedy seeding draws 2 + ln k candidates (Arthur & Vassilvitskii 2007).
  if (wanted("kmeans")) s.clusters.push_back({"kmeans", 10000, vae.latent, cifar_classes, 4});
  return s;
}

}  // namespace ceir
