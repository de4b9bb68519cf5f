#include "models/clip_config.h"

#include <array>
#include <cmath>
#include <utility>

#include "kernels/base/error.h"
#include "models/known_models.h"

namespace ceir {
namespace {

// Larger than any published CLIP by far, small enough that no product of two overflows.
constexpr int64_t largest_width = 1 << 17, largest_count = 1 << 24;

struct ActivationName { const char* name; Unary function; };
constexpr std::array<ActivationName, 4> activations{{
    {"quick_gelu", Unary::quick_gelu}, {"gelu", Unary::gelu_erf}, {"gelu_pytorch_tanh", Unary::gelu_tanh}, {"gelu_new", Unary::gelu_tanh}}};

const char* activation_name(Unary f) {
  for (const auto& a : activations)
    if (a.function == f) return a.name;
  fail(ErrorKind::internal, "CLIP config: no name for activation {}", name_of(f));
}

// Reads one object of a config.json. Every message begins with the file and the key.
struct Reader {
  const Json& json;
  std::string where;   // "config.json: text_config"

  std::string what(const char* key) const { return fmt::format("{}: {}", where, key); }
  const Json* present(const char* key) const {
    const Json* j = json.find(key);
    return j && !j->is_null() ? j : nullptr;
  }
  int64_t size(const char* key, int64_t otherwise, int64_t most) const {
    const Json* j = json.find(key);
    if (!j) return otherwise;
    const int64_t n = j->as_int(what(key));
    if (n < 1 || n > most) bad_input("{} is {}, expected a whole number from 1 to {}", what(key), n, most);
    return n;
  }
  int64_t id(const char* key, int64_t otherwise) const {
    const Json* j = present(key);
    if (!j) return otherwise;
    const int64_t n = j->as_int(what(key));
    if (n < 0 || n > largest_count) bad_input("{} is {}, expected a token id", what(key), n);
    return n;
  }
  double number(const char* key, double otherwise) const {
    const Json* j = json.find(key);
    return j ? j->as_double(what(key)) : otherwise;
  }
  Unary activation(Unary otherwise) const {
    const Json* j = json.find("hidden_act");
    if (!j) return otherwise;
    const std::string& name = j->as_string(what("hidden_act"));
    for (const auto& a : activations)
      if (name == a.name) return a.function;
    bad_input("{} is '{}'; a CLIP has quick_gelu, gelu or gelu_pytorch_tanh", what("hidden_act"), name);
  }
  // One or several: transformers writes a number or, rarely, [height, width].
  int64_t square(const char* key, int64_t otherwise) const {
    const Json* j = json.find(key);
    if (!j || !j->is_array()) return size(key, otherwise, 1 << 14);
    const auto& pair = j->as_array(what(key));
    if (pair.size() != 2 || pair[0].as_int(what(key)) != pair[1].as_int(what(key)))
      bad_input("{} is not square; only square images and patches are supported", what(key));
    return Reader{Json::object().set(key, pair[0]), where}.size(key, otherwise, 1 << 14);
  }
  TowerConfig tower(const TowerConfig& defaults) const {
    TowerConfig t;
    t.width = size("hidden_size", defaults.width, largest_width);
    t.layers = size("num_hidden_layers", defaults.layers, 1024);
    t.heads = size("num_attention_heads", defaults.heads, largest_width);
    t.intermediate = size("intermediate_size", defaults.intermediate, largest_width * 8);
    t.activation = activation(defaults.activation);
    t.eps = number("layer_norm_eps", defaults.eps);
    return t;
  }
};

// SiglipVisionConfig's and SiglipTextConfig's defaults (those of base-patch16-224).
constexpr TowerConfig siglip_tower{768, 12, 12, 3072, Unary::gelu_tanh, 1e-6};

ImageTowerConfig image_tower(const Reader& r, bool siglip) {
  ImageTowerConfig c;
  if (siglip) {
    c.kind = ImageTowerKind::siglip;
    c.tower = siglip_tower;
    c.patch_size = 16;
    if (const Json* head = r.present("vision_use_head"); head && !head->as_bool(r.what("vision_use_head")))
      bad_input("{} is false: such a SigLIP has no pooled feature to embed a picture with", r.what("vision_use_head"));
  }
  c.tower = r.tower(c.tower);
  c.image_size = r.square("image_size", c.image_size);
  c.patch_size = r.square("patch_size", c.patch_size);
  c.channels = r.size("num_channels", c.channels, 64);
  return c;
}

TextTowerConfig text_tower(const Reader& r, bool siglip) {
  TextTowerConfig c;
  if (siglip) {
    c.kind = TextTowerKind::siglip;
    c.tower = siglip_tower;
    c.vocabulary = 32000, c.context = 64;
  }
  c.tower = r.tower(c.tower);
  c.vocabulary = r.size("vocab_size", c.vocabulary, largest_count);
  c.context = r.size("max_position_embeddings", c.context, 1 << 16);
  c.bos_token_id = r.id("bos_token_id", c.bos_token_id);
  c.eos_token_id = r.id("eos_token_id", c.eos_token_id);
  c.pad_token_id = r.id("pad_token_id", c.pad_token_id);
  return c;
}

// The sub-configuration `key` of a whole CLIP; KEY_dict (transformers before 4.27) wins where it is given.
Reader part_of(const Reader& whole, const char* key, const char* old_key, const Json& empty) {
  for (const char* k : {old_key, key})
    if (const Json* j = whole.present(k)) {
      j->as_object(whole.what(k));
      return {*j, whole.what(k)};
    }
  return {empty, whole.what(key)};
}

void check_tower(const TowerConfig& t, const std::string& where) {
  const auto positive = [&](int64_t n, const char* what, int64_t most) {
    if (n < 1 || n > most) bad_input("{}: {} is {}, expected 1 to {}", where, what, n, most);
  };
  positive(t.width, "the width", largest_width);
  positive(t.layers, "the number of layers", 1024);
  positive(t.heads, "the number of heads", largest_width);
  positive(t.intermediate, "the MLP's width", largest_width * 8);
  if (t.width % t.heads != 0) bad_input("{}: {} attention heads do not divide the width {}", where, t.heads, t.width);
  if (!(t.eps > 0 && t.eps < 1)) bad_input("{}: layer_norm_eps is {}, expected a small positive number", where, t.eps);
}

void check_resnet(const ClipConfig& config, const std::string& where) {
  const ImageTowerConfig& c = *config.image;
  const bool modified = c.kind == ImageTowerKind::modified_resnet;
  if (c.tower.width < 2 || c.tower.width % 2 != 0 || c.tower.width > 1 << 12) bad_input("{}: the residual network's width is {}, expected an even number up to {}", where, c.tower.width, 1 << 12);
  if (c.stages.size() != 4) bad_input("{}: a residual network has 4 stages, not {}", where, c.stages.size());
  for (const int64_t n : c.stages)
    if (n < 1 || n > 1024) bad_input("{}: a stage of {} blocks; expected 1 to 1024", where, n);
  if (c.channels < 1 || c.channels > 64) bad_input("{}: {} channels, expected 3", where, c.channels);
  if (c.image_size < 32 || c.image_size > 1 << 14) bad_input("{}: image_size is {}, expected 32 to {} pixels", where, c.image_size, 1 << 14);
  if (modified && c.image_size % 32 != 0) bad_input("{}: image_size is {}; five halvings need a multiple of 32", where, c.image_size);
  if (modified && (c.tower.heads < 1 || c.pooled_width() % c.tower.heads != 0))
    bad_input("{}: {} attention heads do not divide the pooled width {}", where, c.tower.heads, c.pooled_width());
  if (!modified && config.projection != c.pooled_width()) bad_input("{}: the features have {} channels, not {}", where, c.pooled_width(), config.projection);
  if (!modified && config.text) bad_input("{}: a supervised residual network has no text tower", where);
}

}  // namespace

bool ClipConfig::has_hugging_face_class() const {
  if (image && image->is_resnet()) return false;
  if (image && text && (image->kind == ImageTowerKind::siglip) != (text->kind == TextTowerKind::siglip)) return false;
  return is_siglip() || !logit_bias_init;
}

void check_clip_config(const ClipConfig& config, const std::string& where) {
  if (!config.image && !config.text) bad_input("{}: the model has neither an image tower nor a text tower", where);
  if (config.projection < 1 || config.projection > largest_width)
    bad_input("{}: projection_dim is {}, expected 1 to {}", where, config.projection, largest_width);
  if (!std::isfinite(config.logit_scale_init)) bad_input("{}: logit_scale_init_value is not finite", where);
  if (const auto& image = config.image; image && image->is_resnet()) {
    check_resnet(config, where);
  } else if (image) {
    check_tower(image->tower, where + ": the image tower");
    if (image->image_size < 1 || image->image_size > 1 << 14)
      bad_input("{}: image_size is {}, expected 1 to {} pixels", where, image->image_size, 1 << 14);
    if (image->patch_size < 1 || image->patch_size > image->image_size)
      bad_input("{}: patch_size is {}, expected 1 to the image_size {}", where, image->patch_size, image->image_size);
    if (image->channels < 1 || image->channels > 64) bad_input("{}: num_channels is {}, expected 3", where, image->channels);
    if (image->patches() > 1 << 16) bad_input("{}: {} patches per image are too many (at most {})", where, image->patches(), 1 << 16);
  }
  if (const auto& text = config.text) {
    check_tower(text->tower, where + ": the text tower");
    if (text->vocabulary < 1 || text->vocabulary > largest_count)
      bad_input("{}: vocab_size is {}, expected 1 to {}", where, text->vocabulary, largest_count);
    if (text->context < 1 || text->context > 1 << 16) bad_input("{}: max_position_embeddings is {}, expected 1 to {}", where, text->context, 1 << 16);
    if (text->kind == TextTowerKind::causal && text->eos_token_id != 2 && text->eos_token_id >= text->vocabulary)
      bad_input("{}: eos_token_id {} lies outside the vocabulary of {}, so no text would have an end", where, text->eos_token_id, text->vocabulary);
  }
}

ClipConfig clip_config_from_json(const Json& json, const std::string& where) {
  if (!json.is_object()) bad_input("{}: expected a JSON object", where);
  const Reader r{json, where};
  std::string type = json.get("model_type", "", where), architecture;
  if (const Json* list = r.present("architectures")) {
    const auto& names = list->as_array(r.what("architectures"));
    if (!names.empty()) architecture = names[0].as_string(r.what("architectures"));
  }
  const bool siglip = type.starts_with("siglip") || (type.empty() && architecture.starts_with("Siglip"));
  const std::string family = siglip ? "siglip" : "clip";
  const bool whole = type == family || json.has("vision_config") || json.has("text_config");
  if (type.empty() && !whole && !siglip && !architecture.starts_with("CLIP"))
    bad_input("{}: no model_type; is this the config.json of a CLIP?", where);
  if (!type.empty() && type != family && type != family + "_vision_model" && type != family + "_text_model")
    bad_input("{}: model_type is '{}', expected clip, clip_vision_model, clip_text_model, or siglip in place of clip", where, type);
  if (architecture == "CLIPVisionModel" || architecture == "CLIPTextModel")
    bad_input("{}: a {} has no projection into the common space; use the checkpoint of the {}WithProjection", where, architecture, architecture);
  const bool image_only = type == family + "_vision_model" || architecture == "CLIPVisionModelWithProjection" || architecture == "SiglipVisionModel";
  const bool text_only = type == family + "_text_model" || architecture == "CLIPTextModelWithProjection" || architecture == "SiglipTextModel";

  ClipConfig c;
  const Json empty = Json::object();
  if (!text_only) c.image = image_tower(whole ? part_of(r, "vision_config", "vision_config_dict", empty) : r, siglip);
  if (!image_only) {
    const Reader text = whole ? part_of(r, "text_config", "text_config_dict", empty) : r;
    c.text = text_tower(text, siglip);
    if (siglip) c.projection = text.size("projection_size", c.text->tower.width, largest_width);
  }
  if (siglip) {   // SiglipModel's own beginning; a checkpoint holds both
    c.logit_scale_init = std::log(10.0), c.logit_bias_init = -10;
    if (c.text && c.image && c.projection != c.image->tower.width)
      bad_input("{}: texts become {} numbers and pictures {}, which do not meet in one space", where, c.projection, c.image->tower.width);
    if (!c.text) c.projection = c.image->tower.width;
  } else {
    c.projection = r.size("projection_dim", c.projection, largest_width);
    c.logit_scale_init = r.number("logit_scale_init_value", c.logit_scale_init);
  }
  check_clip_config(c, where);
  return c;
}

namespace {

void put_tower(Json& j, const TowerConfig& t) {
  j.set("hidden_size", t.width).set("num_hidden_layers", t.layers).set("num_attention_heads", t.heads);
  j.set("intermediate_size", t.intermediate).set("hidden_act", activation_name(t.activation)).set("layer_norm_eps", t.eps);
}

Json image_json(const ImageTowerConfig& c, int64_t projection) {
  const bool siglip = c.kind == ImageTowerKind::siglip;
  Json j = Json::object();
  j.set("model_type", siglip ? "siglip_vision_model" : "clip_vision_model");
  put_tower(j, c.tower);
  j.set("image_size", c.image_size).set("patch_size", c.patch_size).set("num_channels", c.channels);
  if (siglip) return j.set("vision_use_head", true);
  return j.set("projection_dim", projection);
}

Json text_json(const TextTowerConfig& c, int64_t projection) {
  const bool siglip = c.kind == TextTowerKind::siglip;
  Json j = Json::object();
  j.set("model_type", siglip ? "siglip_text_model" : "clip_text_model");
  put_tower(j, c.tower);
  j.set("vocab_size", c.vocabulary).set("max_position_embeddings", c.context).set(siglip ? "projection_size" : "projection_dim", projection);
  j.set("bos_token_id", c.bos_token_id).set("eos_token_id", c.eos_token_id).set("pad_token_id", c.pad_token_id);
  return j;
}

}  // namespace

Json to_json(const ClipConfig& c) {
  const bool siglip = c.is_siglip();
  if (!c.text) {
    Json j = image_json(*c.image, c.projection);
    return j.set("architectures", Json::array().push(siglip ? "SiglipVisionModel" : "CLIPVisionModelWithProjection"));
  }
  if (!c.image) {
    Json j = text_json(*c.text, c.projection);
    return j.set("architectures", Json::array().push(siglip ? "SiglipTextModel" : "CLIPTextModelWithProjection"));
  }
  Json j = Json::object();
  j.set("architectures", Json::array().push(siglip ? "SiglipModel" : "CLIPModel")).set("model_type", siglip ? "siglip" : "clip");
  if (!siglip) j.set("projection_dim", c.projection).set("logit_scale_init_value", c.logit_scale_init);
  j.set("text_config", text_json(*c.text, c.projection)).set("vision_config", image_json(*c.image, c.projection));
  return j;
}

ClipConfig clip_config_by_name(const std::string& name) {
  const KnownArchitecture* k = find_architecture(name);
  if (k && k->tower == KnownTower::vit) {
    ClipConfig c;
    c.image = ImageTowerConfig{{k->width, k->layers, k->heads, k->intermediate, Unary::quick_gelu, 1e-5}, k->image_size, k->patch_size, 3};
    c.text = TextTowerConfig{};
    c.text->tower = {k->text_width, k->text_layers, k->text_heads, k->text_intermediate, Unary::quick_gelu, 1e-5};
    c.projection = k->projection;
    return c;
  }
  std::string names;
  for (const KnownArchitecture& other : known_architectures())
    if (other.tower == KnownTower::vit) names += (names.empty() ? "" : ", ") + std::string(other.name);
  usage_error("no CLIP is called '{}'; known are {}", name, names);
}

}  // namespace ceir
