#include "models/identify.h"

#include <algorithm>

#include "kernels/base/error.h"
#include "models/clip.h"
#include "models/convert.h"
#include "models/open_clip_config.h"
#include "models/tensor_check.h"
#include "weights/pickled_file.h"

namespace ceir {
namespace {

bool same_stages(const KnownArchitecture& a, const std::vector<int64_t>& stages) { return stages.size() == 4 && std::equal(stages.begin(), stages.end(), a.stages.begin()); }

bool is_tower_of(const KnownArchitecture& a, const ImageTowerConfig& image) {
  switch (image.kind) {
    case ImageTowerKind::vit:
    case ImageTowerKind::siglip:
      return a.tower == (image.kind == ImageTowerKind::vit ? KnownTower::vit : KnownTower::siglip) && a.image_size == image.image_size && a.patch_size == image.patch_size &&
             a.width == image.tower.width && a.layers == image.tower.layers && a.intermediate == image.tower.intermediate;
    case ImageTowerKind::modified_resnet:
      return a.tower == KnownTower::modified_resnet && a.image_size == image.image_size && a.width == image.tower.width && same_stages(a, image.stages);
    case ImageTowerKind::resnet: return a.tower == KnownTower::resnet && a.width == image.tower.width && same_stages(a, image.stages);
  }
  return false;
}

// Whether it is worth asking: names that only these models have.
bool looks_like_model(const WeightFiles& weights) {
  if (name_map_of(weights).layout == WeightLayout::open_clip || is_torchvision_resnet(weights)) return true;
  for (const char* name : {"vision_model.embeddings.position_embedding.weight", "text_model.embeddings.position_embedding.weight"})
    if (weights.has(name)) return true;
  return false;
}

Json completeness(const WeightFiles& weights, const ClipConfig& config) {
  const TensorFindings f = compare_tensors(weights, Clip::tensors_of(config));
  if (f.complete()) return true;
  try {
    place_tensors(weights, Clip::tensors_of(config));
  } catch (const Error& e) {
    return std::string("no: ") + e.what();
  }
  return true;
}

}  // namespace

const KnownArchitecture* architecture_of(const ClipConfig& c) {
  for (const KnownArchitecture& a : known_architectures()) {
    if (!c.image || !is_tower_of(a, *c.image) || (c.text.has_value() != (a.text_width > 0))) continue;
    if (!c.text || (c.text->tower.width == a.text_width && c.text->tower.layers == a.text_layers && c.text->vocabulary == a.vocabulary && c.text->context == a.context && c.projection == a.projection))
      return &a;
  }
  return nullptr;
}

std::string describe_config(const ClipConfig& c) {
  std::string s = c.is_siglip() ? "SigLIP" : c.text ? "CLIP" : c.image && c.image->kind == ImageTowerKind::resnet ? "supervised network" : "CLIP";
  if (const auto& image = c.image) {
    const TowerConfig& t = image->tower;
    if (image->is_resnet()) s += fmt::format(": ResNet of {}, {}, {}, {} blocks from width {} for {} px", image->stages.at(0), image->stages.at(1), image->stages.at(2), image->stages.at(3), t.width, image->image_size);
    else s += fmt::format(": vision transformer of {} layers x {} for {} px in patches of {}", t.layers, t.width, image->image_size, image->patch_size);
  }
  if (const auto& text = c.text)
    s += fmt::format("{} text tower of {} x {}, {} tokens, context {}", c.image ? ";" : ":", text->tower.layers, text->tower.width, text->vocabulary, text->context);
  return s + fmt::format("; {} of {}", c.text ? "space" : "features", c.projection);
}

std::vector<std::pair<std::string, Json>> identify_model(const std::string& path) {
  std::vector<std::pair<std::string, Json>> facts;
  std::optional<WeightFiles> weights;
  try {
    weights.emplace(open_any_weights(path));
    if (!looks_like_model(*weights)) return facts;
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::bad_input) throw;
    return facts;   // describe() has said what is wrong with it
  }
  std::optional<ClipConfig> config;
  try {
    const CheckpointSource s = read_checkpoint(path);
    config = s.config;
    facts.emplace_back("model", describe_config(s.config));
    facts.emplace_back("layout", name_of(s.origin));
    if (s.known) facts.emplace_back("published as", std::string(s.known->architecture) + "/" + s.known->tag);
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::bad_input) throw;
    facts.emplace_back("model", std::string("cannot be used as it is: ") + e.what());
    try {   // sizes can be seen in open_clip's tensors all the same
      if (name_map_of(*weights).layout == WeightLayout::open_clip) config = clip_config_from_openai(*weights);
    } catch (const Error&) {
    }
  }
  if (!config) return facts;
  if (const KnownArchitecture* a = architecture_of(*config)) facts.emplace_back("sizes of", std::string(a->name));
  facts.emplace_back("complete", completeness(*weights, *config));
  return facts;
}

}  // namespace ceir
