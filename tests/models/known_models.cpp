// The table of published models. The numbers of parameters are open_clip's published profiles (in millions, two digits),
// torchvision's (exact) and those of google's model cards: none was computed here.
#include "models/known_models.h"

#include <doctest/doctest.h>

#include <set>

#include "weights/hub_names.h"

using namespace ceir;

TEST_CASE("known models: sizes give the published numbers of parameters") {
  const std::pair<const char*, double> published[] = {
      {"ViT-B-32", 151.28}, {"ViT-B-16", 149.62}, {"ViT-L-14", 427.62}, {"ViT-L-14-336", 427.94}, {"RN50", 102.01},
      {"RN101", 119.69}, {"RN50x4", 178.30}, {"RN50x16", 290.98}, {"RN50x64", 623.26}, {"ViT-H-14", 986.11},
      {"ViT-g-14", 1366.68}, {"ViT-bigG-14", 2539.57}, {"ViT-B-16-plus-240", 208.38}, {"ViT-B-16-SigLIP", 203.16},
      {"ViT-B-16-SigLIP-256", 203.20}, {"ViT-L-16-SigLIP-256", 652.15}, {"ViT-SO400M-14-SigLIP", 877.36},
      {"ViT-SO400M-14-SigLIP-384", 877.96}};
  for (const auto& [name, millions] : published) {
    CAPTURE(name);
    const KnownArchitecture* a = find_architecture(name);
    REQUIRE(a);
    CHECK(static_cast<double>(parameter_count(*a)) / 1e6 == doctest::Approx(millions).epsilon(0.006 / millions));
  }
  CHECK(parameter_count(*find_architecture("ResNet-50")) == 25557032);
  CHECK(parameter_count(*find_architecture("ViT-B/32")) == 151277313);
}

TEST_CASE("known models: every spelling finds its model, and every set of weights has an architecture") {
  CHECK(find_architecture("ViT-L/14@336px") == find_architecture("ViT-L-14-336"));
  CHECK(find_architecture("ViT-B-32-quickgelu") == find_architecture("vit-b-32"));
  CHECK(find_architecture("ViT-Z-1") == nullptr);
  std::set<std::string> seen;
  for (const KnownWeights& w : known_weights()) {
    CAPTURE(w.tag);
    CHECK(find_architecture(w.architecture));
    CHECK(seen.insert(std::string(w.architecture) + "/" + w.tag).second);
    CHECK(find_weights(std::string(w.architecture) + "/" + w.tag) == &w);
    if (const std::string repository = repository_of(w); !repository.empty()) CHECK(find_weights(repository) == &w);
  }
  CHECK(find_weights("openai/CLIP-ViT-Base-Patch32")->activation == Unary::quick_gelu);
  CHECK(find_weights("laion/CLIP-ViT-L-14-laion2B-s32B-b82K")->normalisation == Normalisation::half);
  CHECK(find_weights("timm/vit_base_patch32_clip_224.openai") == find_weights("openai/clip-vit-base-patch32"));
  CHECK(find_weights("nobody/nothing") == nullptr);
  const std::string table = known_models_text();
  for (const KnownArchitecture& a : known_architectures()) CHECK(table.find(a.name) != std::string::npos);
}

TEST_CASE("known models: open_clip's names on the hub belong to known architectures, and both tables agree on shared repositories") {
  for (const OpenClipWeights& w : open_clip_weights()) {
    CAPTURE(w.repository);
    CHECK(find_architecture(w.model));
    if (const KnownWeights* known = find_weights(w.repository)) CHECK(std::string(known->tag) == w.tag);
  }
}
