// Finding out what a checkpoint is.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "kernels/base/error.h"
#include "models/clip.h"
#include "models/clip_files.h"
#include "models/convert.h"
#include "models/model_source.h"
#include "models/open_clip_config.h"
#include "models/tensor_check.h"
#include "tensor/io/file.h"
#include "tensor/io/utf8.h"
#include "weights/hub_names.h"
#include "weights/pickled_file.h"

namespace ceir {
namespace fs = std::filesystem;
namespace {

// Whole numbers that OpenAI's archives keep beside the tensors: plain ones, or tensors of one element.
std::optional<int64_t> archive_number(const WeightFiles& weights, const std::string& name) {
  for (const auto& file : weights.files())
    if (const auto* pickled = dynamic_cast<const PickledFile*>(file.get()); pickled && pickled->integers().contains(name)) return pickled->integers().at(name);
  if (!weights.has(name) || weights.info(name).shape.numel() != 1 || weights.info(name).dtype[0] != 'I') return {};
  return static_cast<int64_t>(weights.stored(name).item());
}

bool is_openai(const WeightFiles& weights) {
  if (name_map_of(weights).layout != WeightLayout::open_clip) return false;
  if (const auto* pickled = dynamic_cast<const PickledFile*>(weights.files()[0].get()); pickled && pickled->layout() == PickledFile::Layout::torchscript) return true;
  return archive_number(weights, "input_resolution") && archive_number(weights, "context_length") && archive_number(weights, "vocab_size");
}

void check_archive_numbers(const WeightFiles& weights, const ClipConfig& c) {
  const std::pair<const char*, int64_t> numbers[] = {{"input_resolution", c.image->image_size}, {"context_length", c.text->context}, {"vocab_size", c.text->vocabulary}};
  for (const auto& [name, by_shape] : numbers)
    if (const auto said = archive_number(weights, name); said && *said != by_shape)
      bad_input("{}: says {} {}, but its tensors have the shapes of {}", weights.path(), name, *said, by_shape);
}

// open_clip's, by the table alone; the tensors' shapes are compared afterwards.
ClipConfig siglip_config_of(const KnownArchitecture& a, const KnownWeights& known) {
  ClipConfig c;
  const Unary activation = activation_in_open_clip(known);
  ImageTowerConfig& image = c.image.emplace();
  image.kind = ImageTowerKind::siglip;
  image.image_size = a.image_size, image.patch_size = a.patch_size;
  image.tower = {a.width, a.layers, a.heads, a.intermediate, activation, 1e-6};
  TextTowerConfig& text = c.text.emplace();
  text.kind = TextTowerKind::siglip;
  text.vocabulary = a.vocabulary, text.context = a.context;
  text.tower = {a.text_width, a.text_layers, a.text_heads, a.text_intermediate, activation, 1e-6};
  c.projection = a.projection;
  c.logit_bias_init = -10;
  return c;
}

// Sizes by the tensors, and by the table what cannot be seen in them.
ClipConfig config_of_known(const WeightFiles& weights, const KnownWeights& known) {
  const KnownArchitecture& a = *find_architecture(known.architecture);
  if (a.tower == KnownTower::siglip) return siglip_config_of(a, known);
  if (name_map_of(weights).timm) bad_input("{}: has the tensors of a SigLIP, but was said to be {}/{}", weights.path(), known.architecture, known.tag);
  ClipConfig c = clip_config_from_openai(weights);
  if (c.image->tower.width != a.width || c.text->tower.width != a.text_width || c.image->image_size != a.image_size)
    bad_input("{}: is not {}: its towers are {} and {} wide for pictures of {} pixels, expected {}, {} and {}", weights.path(), known.architecture, c.image->tower.width,
              c.text->tower.width, c.image->image_size, a.width, a.text_width, a.image_size);
  c.image->tower.heads = a.heads;
  c.text->tower.heads = a.text_heads;
  c.image->tower.activation = c.text->tower.activation = known.activation;
  return c;
}

Preprocess preprocess_of_known(const KnownWeights& known, int size) {
  Preprocess p = Preprocess::of_style(PreprocessStyle::openclip, size);
  if (find_architecture(known.architecture)->tower == KnownTower::siglip) p.resize_shortest = false;   // squashed
  p.mean = mean_of(known.normalisation), p.std = std_of(known.normalisation);
  return p;
}

std::string folder_of(const std::string& source) {
  std::error_code ignored;
  if (fs::is_directory(source, ignored)) return source;
  const std::string parent = fs::path(source).parent_path().string();
  return parent.empty() ? "." : parent;
}

// SRC as a path: itself, "local-dir:PATH", or the snapshot that the hub's cache has under that name.
std::string path_of(const std::string& source) {
  std::error_code ignored;
  if (source.empty()) bad_input("the checkpoint's name is empty; give a file, a folder or a hub name");
  if (fs::exists(source, ignored)) return source;
  if (source.starts_with("local-dir:")) return source.substr(10);
  if (const auto name = parse_hub_name(source))
    if (const auto snapshot = find_cached_snapshot(hub_cache_folder(), *name)) return snapshot->folder;
  find_model(source);   // throws, saying where it looked
  return source;
}

// "…/models--openai--clip-vit-base-patch32/snapshots/HASH" -> "openai/clip-vit-base-patch32"
const KnownWeights* known_by(const std::string& name) {
  std::string plain = name.starts_with("hf-hub:") ? name.substr(7) : name;
  if (const size_t at = plain.find('@'); at != std::string::npos && plain.find('/') < at && find_weights(plain.substr(0, at))) plain.resize(at);
  if (const KnownWeights* known = find_weights(plain)) return known;
  std::error_code ignored;
  const fs::path path = fs::weakly_canonical(name, ignored);
  for (const fs::path& part : path) {
    std::string repository = part.string();
    if (!repository.starts_with("models--")) continue;
    repository.erase(0, 8);
    if (const size_t dashes = repository.find("--"); dashes != std::string::npos) repository.replace(dashes, 2, "/");
    return find_weights(repository);
  }
  return nullptr;
}

}  // namespace

const char* name_of(CheckpointOrigin origin) {
  switch (origin) {
    case CheckpointOrigin::hugging_face: return "Hugging Face";
    case CheckpointOrigin::open_clip: return "open_clip";
    case CheckpointOrigin::openai: return "OpenAI archive";
    case CheckpointOrigin::torchvision: return "torchvision";
  }
  return "";
}

namespace {

// Where nothing but the configuration says what it was made from: config.json's "_name_or_path" (a checkpoint that was tuned
// further keeps its activation), or timm's "architecture", which has "quickgelu" in its name.
void check_named_origin(const ClipConfig& config, const std::string& folder) {
  const std::string file = folder + "/config.json";
  if (folder.empty() || !is_file(file)) return;
  const Json json = Json::read(file);
  const auto word = [&](const char* key) {
    const Json* v = json.is_object() ? json.find(key) : nullptr;
    return v && v->is_string() ? v->as_string(file) : std::string();
  };
  const auto refuse_other = [&](Unary wanted, const std::string& whose, const char* key) {
    for (const TowerConfig* t : {config.image && !config.image->is_resnet() ? &config.image->tower : nullptr, config.text ? &config.text->tower : nullptr})
      if (t && t->activation != wanted)
        bad_input("{}: the activation is {}, but {} says '{}', which was trained with {}; with another one every embedding is wrong, so correct whichever is wrong", folder,
                  activation_word(t->activation), key, printable(whose, 200), activation_word(wanted));
  };
  const std::string base = word("_name_or_path"), timm = word("architecture");
  if (const KnownWeights* known = base.empty() ? nullptr : find_weights(base)) refuse_other(known->activation, base, "_name_or_path");
  if (timm.find("_clip_quickgelu") != std::string::npos) refuse_other(Unary::quick_gelu, timm, "config.json's architecture");
}

}  // namespace

void check_against_known(const std::string& name, const ClipConfig& config, const std::optional<Preprocess>& preprocess, const std::string& where, bool open_clip) {
  const KnownWeights* known = known_by(name);
  std::error_code ignored;
  if (!known) return check_named_origin(config, fs::is_directory(where, ignored) ? where : fs::path(where).parent_path().string());
  const std::string weights = fmt::format("{}/{}", known->architecture, known->tag);
  const Unary activation = open_clip ? activation_in_open_clip(*known) : known->activation;
  for (const TowerConfig* t : {config.image && !config.image->is_resnet() ? &config.image->tower : nullptr, config.text ? &config.text->tower : nullptr})
    if (t && t->activation != activation)
      bad_input("{}: says the activation is {}, but {} was trained with {}; with another one every embedding is wrong, so fetch the model's own configuration", where,
                activation_word(t->activation), weights, activation_word(activation));
  if (!preprocess) return;
  const auto mean = mean_of(known->normalisation), std = std_of(known->normalisation);
  for (size_t i = 0; i < 3; i++)
    if (std::abs(preprocess->mean[i] - mean[i]) > 2e-3f || std::abs(preprocess->std[i] - std[i]) > 2e-3f)
      bad_input("{}: its pictures are normalised with mean {:.4f} and std {:.4f} (channel {}), but {} was trained with {:.4f} and {:.4f}; fetch the model's own preprocessing", where,
                preprocess->mean[i], preprocess->std[i], i, weights, mean[i], std[i]);
}

CheckpointSource open_checkpoint(const std::string& source, const std::string& known_as) {
  CheckpointSource s = read_checkpoint(source, known_as);
  s.places = place_tensors(s.weights, Clip::tensors_of(s.config));
  return s;
}

CheckpointSource read_checkpoint(const std::string& source, const std::string& known_as) {
  const std::string path = path_of(source);
  CheckpointSource s{open_any_weights(path), folder_of(path), CheckpointOrigin::hugging_face, {}, {}, known_by(source), {}};
  const std::string config = s.folder + "/config.json", open_clip = s.folder + "/open_clip_config.json";
  const KnownWeights* told = nullptr;
  if (!known_as.empty() && !(told = find_weights(known_as)))
    usage_error("'{}' is no known set of weights; `ceir inspect --known` lists them, for example ViT-B-32/laion2b_s34b_b79k", known_as);
  if (told) s.known = told;
  const WeightLayout layout = name_map_of(s.weights).layout;
  if (is_openai(s.weights)) {
    s.origin = CheckpointOrigin::openai;
    s.folder.clear();
    s.config = clip_config_from_openai(s.weights);
    check_archive_numbers(s.weights, s.config);
    s.preprocess = Preprocess::of_style(PreprocessStyle::openclip, static_cast<int>(s.config.image->image_size));
    if (told) check_against_known(known_as, s.config, s.preprocess, s.weights.path());
  } else if (layout == WeightLayout::open_clip && is_file(open_clip)) {
    s.origin = CheckpointOrigin::open_clip;
    const ModelSource m{false, s.folder, path, open_clip, ConfigKind::open_clip};
    s.config = read_config(m, s.weights);
    s.preprocess = read_preprocess(m, s.config);
  } else if (layout == WeightLayout::open_clip) {
    s.origin = CheckpointOrigin::open_clip;
    s.folder.clear();
    if (!told)
      bad_input("{}: has open_clip's tensors but no open_clip_config.json beside it, and which activation it was trained with cannot be seen in them; put the configuration "
                "there, or say what it is: --known-as ViT-B-32/laion2b_s34b_b79k (`ceir inspect --known` lists the names)", s.weights.path());
    s.config = config_of_known(s.weights, *told);
    s.preprocess = preprocess_of_known(*told, static_cast<int>(s.config.image->image_size));
  } else if (is_torchvision_resnet(s.weights)) {
    s.origin = CheckpointOrigin::torchvision;
    const bool timm = is_file(config) && Json::read(config).has("architecture");
    const ModelSource m{false, s.folder, path, timm ? config : "", ConfigKind::none};
    if (!timm) s.folder.clear();
    s.config = read_config(m, s.weights);
    s.preprocess = read_preprocess(m, s.config);
  } else {
    if (!is_file(config))
      bad_input("{}: no config.json beside it, and its tensors ('{}', ...) are not those of an OpenAI archive or a torchvision ResNet, which need none", s.weights.path(),
                s.weights.names().empty() ? "" : printable(s.weights.names()[0]));
    const ModelSource m{false, s.folder, path, config, ConfigKind::hugging_face};
    s.config = read_config(m, s.weights);
    if (s.config.image) s.preprocess = read_preprocess(m, s.config);
  }
  if (s.origin != CheckpointOrigin::openai)
    check_against_known(told ? known_as : source, s.config, s.preprocess, s.folder.empty() ? s.weights.path() : s.folder, s.origin == CheckpointOrigin::open_clip);
  return s;
}

}  // namespace ceir
