#include "models/open_clip_config.h"

#include <algorithm>
#include <cmath>

#include "kernels/base/error.h"
#include "models/timm_tower.h"

namespace ceir {
namespace {

constexpr int64_t most = 1 << 17;

int64_t size_of(const Json& j, const char* key, int64_t otherwise, const std::string& where) {
  const int64_t n = j.get(key, otherwise, where);
  if (n < 1 || n > most * 8) bad_input("{}: {} is {}, expected a whole number from 1 to {}", where, key, n, most * 8);
  return n;
}

// Options that change what is computed, which no model known here sets otherwise.
struct Fixed {
  const char* key;
  const char* meaning;
};

// Refuses `key` unless it is absent, null, false or an empty object.
void refuse(const Json& j, std::initializer_list<Fixed> options, const std::string& where) {
  for (const auto& [key, meaning] : options) {
    const Json* v = j.find(key);
    if (!v || v->is_null() || (v->is_bool() && !v->as_bool(where)) || (v->is_object() && v->as_object(where).empty())) continue;
    bad_input("{}: sets {}, {}, which ceir does not compute", where, key, meaning);
  }
}

void require_word(const Json& j, const char* key, std::initializer_list<const char*> allowed, const std::string& where) {
  const Json* v = j.find(key);
  if (!v || v->is_null()) return;
  const std::string& word = v->as_string(where + ": " + key);
  if (std::none_of(allowed.begin(), allowed.end(), [&](const char* a) { return word == a; })) bad_input("{}: {} is '{}', which ceir does not compute", where, key, word);
}

double eps_of(const Json& j, const std::string& where) {
  const Json* norm = j.find("norm_kwargs");
  return norm && norm->is_object() ? norm->get("eps", 1e-5, where + ": norm_kwargs") : 1e-5;
}

// A width times a ratio as Python's int() cuts it.
int64_t mlp_width(const Json& j, int64_t width, const std::string& where) {
  const double ratio = j.get("mlp_ratio", 4.0, where), n = std::floor(static_cast<double>(width) * ratio);
  if (!(n >= 1 && n <= most * 8)) bad_input("{}: mlp_ratio is {}, expected a number about 4", where, ratio);
  return static_cast<int64_t>(n);
}

int64_t square(const Json& j, const char* key, int64_t otherwise, const std::string& where) {
  const Json* v = j.find(key);
  if (!v || !v->is_array()) return size_of(j, key, otherwise, where);
  const auto& pair = v->as_array(where);
  const std::string what = where + ": " + key;
  if (pair.size() != 2 || pair[0].as_int(what) != pair[1].as_int(what)) bad_input("{} is not square; only square images and patches are supported", what);
  return size_of(Json::object().set(key, pair[0]), key, otherwise, where);
}

// open_clip's adapter of timm's SigLIP: the attention pool's output is the feature, nothing behind it.
ImageTowerConfig timm_tower(const Json& v, const std::string& where) {
  const ImageTowerConfig c = timm_siglip_tower(v.at("timm_model_name", where).as_string(where + ": timm_model_name"), where);
  require_word(v, "timm_pool", {"map"}, where);
  require_word(v, "timm_proj", {"none", ""}, where);
  if (const int64_t size = square(v, "image_size", 224, where); size != c.image_size)
    bad_input("{}: image_size is {}, but the tower {} takes {} pixels", where, size, v.at("timm_model_name", where).as_string(where), c.image_size);
  return c;
}

ImageTowerConfig image_tower(const Json& v, Unary activation, const std::string& where) {
  if (const Json* timm = v.find("timm_model_name"); timm && !timm->is_null()) return timm_tower(v, where);
  refuse(v, {{"attentional_pool", "attention pooling"}, {"ls_init_value", "layer scale"},
             {"input_patchnorm", "patch normalisation"}, {"no_ln_pre", "no layer norm before the first block"}, {"final_ln_after_pool", "a layer norm after pooling"},
             {"act_kwargs", "an activation of its own"}}, where);
  require_word(v, "pool_type", {"tok"}, where);
  require_word(v, "pos_embed_type", {"learnable"}, where);
  ImageTowerConfig c;
  c.image_size = square(v, "image_size", 224, where);
  const int64_t head_width = size_of(v, "head_width", 64, where);
  c.tower.width = size_of(v, "width", 768, where);
  c.tower.activation = activation;
  c.tower.eps = eps_of(v, where);
  const Json* layers = v.find("layers");
  if (layers && layers->is_array()) {
    c.kind = ImageTowerKind::modified_resnet;
    for (const Json& n : layers->as_array(where)) c.stages.push_back(n.as_int(where + ": layers"));
    if (c.tower.width > 1 << 12) bad_input("{}: width is {}, expected {} at most", where, c.tower.width, 1 << 12);
    if (c.pooled_width() % head_width != 0) bad_input("{}: head_width {} does not divide the pooled width {}", where, head_width, c.pooled_width());
    c.tower.heads = c.pooled_width() / head_width;
    return c;
  }
  c.patch_size = square(v, "patch_size", 16, where);
  c.tower.layers = size_of(v, "layers", 12, where);
  if (c.tower.width % head_width != 0) bad_input("{}: head_width {} does not divide the width {}", where, head_width, c.tower.width);
  c.tower.heads = c.tower.width / head_width;
  c.tower.intermediate = mlp_width(v, c.tower.width, where);
  return c;
}

// SigLIP's: attention in both directions, read at the last position, a projection with a bias.
bool is_siglip_text(const Json& t, const std::string& where) {
  const auto set = [&](const char* key) {
    const Json* v = t.find(key);
    return v && v->is_bool() && v->as_bool(where);
  };
  return set("no_causal_mask") && set("proj_bias") && !set("use_pad_mask") && t.get("pool_type", "argmax", where) == "last";
}

TextTowerConfig text_tower(const Json& t, Unary activation, bool siglip, const std::string& where) {
  refuse(t, {{"hf_model_name", "a text tower of Hugging Face's library"}, {"embed_cls", "a class token in texts"}, {"ls_init_value", "layer scale"},
             {"final_ln_after_pool", "a layer norm after pooling"}}, where);
  if (siglip && !is_siglip_text(t, where)) bad_input("{}: the image tower is a SigLIP's, the text tower is not (no_causal_mask, proj_bias, pool_type last)", where);
  TextTowerConfig c;
  if (siglip) {
    c.kind = TextTowerKind::siglip;
    if (const Json* act = t.find("act_kwargs"); act && act->is_object() && act->has("approximate")) {
      require_word(*act, "approximate", {"tanh", "none"}, where + ": act_kwargs");
      if (act->get("approximate", "none", where) == "tanh" && activation == Unary::gelu_erf) activation = Unary::gelu_tanh;
    }
  } else {
    refuse(t, {{"no_causal_mask", "attention in both directions"}, {"proj_bias", "a projection with a bias"}, {"act_kwargs", "an activation of its own"}}, where);
    require_word(t, "pool_type", {"argmax", "eos"}, where);
  }
  require_word(t, "proj_type", {"linear"}, where);
  c.context = size_of(t, "context_length", 77, where);
  c.vocabulary = size_of(t, "vocab_size", 49408, where);
  c.tower.width = size_of(t, "width", 512, where);
  c.tower.heads = size_of(t, "heads", 8, where);
  c.tower.layers = size_of(t, "layers", 12, where);
  c.tower.intermediate = mlp_width(t, c.tower.width, where);
  c.tower.activation = activation;
  c.tower.eps = eps_of(t, where);
  // 2 means "at the largest id", which is what argmax does.
  c.eos_token_id = t.get("pool_type", "argmax", where) == "eos" ? t.get("eos_id", int64_t{2}, where) : 2;
  c.pad_token_id = t.get("pad_id", int64_t{0}, where);
  if (siglip) c.pad_token_id = c.vocabulary == 256000 ? 0 : 1;   // the tokenizer's own: Gemma's 0 (SigLIP 2), the first SigLIP's 1
  return c;
}

// "ViT-B-32-quickgelu", "vit_base_patch32_clip_quickgelu_224"
bool named_quick_gelu(const std::string& name) {
  std::string plain;
  for (const char ch : name)
    if (ch != '-' && ch != '_') plain += static_cast<char>(ch >= 'A' && ch <= 'Z' ? ch - 'A' + 'a' : ch);
  return plain.find("quickgelu") != std::string::npos;
}

}  // namespace

ClipConfig clip_config_from_open_clip(const Json& json, const std::string& file, const std::string& name) {
  if (!json.is_object()) bad_input("{}: expected a JSON object", file);
  const Json* inner = json.find("model_cfg");
  const Json& m = inner ? *inner : json;
  const std::string where = inner ? file + ": model_cfg" : file;
  m.as_object(where);
  if (!m.has("vision_cfg") || !m.has("text_cfg")) bad_input("{}: has no vision_cfg and text_cfg; is this the configuration of an open_clip model?", where);
  refuse(m, {{"multimodal_cfg", "CoCa's decoder"}, {"nonscalar_logit_scale", "a logit scale that is no number"}}, where);
  m.at("vision_cfg", where).as_object(where + ": vision_cfg");
  m.at("text_cfg", where).as_object(where + ": text_cfg");
  const bool said = m.has("quick_gelu"), quick = said ? m.at("quick_gelu", where).as_bool(where + ": quick_gelu") : named_quick_gelu(name);
  if (said && !quick && named_quick_gelu(name))
    bad_input("{}: quick_gelu is false, but the model is called '{}'; which of the two is right changes every embedding", where, name);
  const Unary activation = quick ? Unary::quick_gelu : Unary::gelu_erf;
  ClipConfig c;
  c.image = image_tower(m.at("vision_cfg", where), activation, where + ": vision_cfg");
  const bool siglip = c.image->kind == ImageTowerKind::siglip;
  c.text = text_tower(m.at("text_cfg", where), activation, siglip, where + ": text_cfg");
  c.projection = size_of(m, "embed_dim", 512, where);
  if (siglip && c.projection != c.image->tower.width) bad_input("{}: embed_dim is {}, but the image tower's features are {} wide", where, c.projection, c.image->tower.width);
  if (const Json* scale = m.find("init_logit_scale"); scale && !scale->is_null()) c.logit_scale_init = scale->as_double(where + ": init_logit_scale");
  if (const Json* bias = m.find("init_logit_bias"); bias && !bias->is_null()) c.logit_bias_init = bias->as_double(where + ": init_logit_bias");
  check_clip_config(c, where);
  return c;
}

Json to_open_clip_json(const ClipConfig& c) {
  if (!c.image || !c.text) fail(ErrorKind::internal, "open_clip: a model of one tower has no place in its layout");
  Json vision = Json::object(), text = Json::object(), model = Json::object();
  const TowerConfig& v = c.image->tower;
  const TowerConfig& t = c.text->tower;
  // A quotient that floor() brings back to the width of the MLP.
  const auto ratio = [](const TowerConfig& tower) {
    const double w = static_cast<double>(tower.width), n = static_cast<double>(tower.intermediate), r = n / w;
    return std::floor(w * r) == n ? r : std::nextafter(r, 1e9);
  };
  vision.set("image_size", c.image->image_size);
  if (c.image->is_resnet()) {
    Json stages = Json::array();
    for (const int64_t n : c.image->stages) stages.push(n);
    vision.set("layers", stages).set("width", v.width).set("head_width", c.image->pooled_width() / v.heads).set("patch_size", Json());
  } else {
    vision.set("layers", v.layers).set("width", v.width).set("head_width", v.head_width()).set("patch_size", c.image->patch_size);
    vision.set("mlp_ratio", ratio(v));
    if (v.eps != 1e-5) vision.set("norm_kwargs", Json::object().set("eps", v.eps));
  }
  text.set("context_length", c.text->context).set("vocab_size", c.text->vocabulary).set("width", t.width).set("heads", t.heads).set("layers", t.layers);
  text.set("mlp_ratio", ratio(t));
  if (t.eps != 1e-5) text.set("norm_kwargs", Json::object().set("eps", t.eps));
  if (c.text->eos_token_id != 2) text.set("pool_type", "eos").set("eos_id", c.text->eos_token_id);
  model.set("embed_dim", c.projection).set("quick_gelu", t.activation == Unary::quick_gelu);
  if (c.logit_bias_init) model.set("init_logit_bias", *c.logit_bias_init);
  model.set("vision_cfg", vision).set("text_cfg", text);
  return Json::object().set("model_cfg", model);
}

namespace {

// Shapes of an archive's tensors, each rank checked, so that a damaged one ends in a sentence.
struct Shapes {
  const WeightFiles& weights;
  int64_t at(const std::string& name, int rank, int dim) const {
    const Shape& s = weights.info(name).shape;
    if (s.rank() != rank) bad_input("{}: tensor '{}' has shape {}, expected {} dimensions", weights.path(), name, s.str(), rank);
    return s[dim];
  }
  // n blocks "BEFORE0AFTER", "BEFORE1AFTER", ...
  int64_t blocks(const std::string& before, const std::string& after) const {
    int64_t n = 0;
    while (n < 1024 && weights.has(fmt::format("{}{}{}", before, n, after))) n++;
    return n;
  }
  int64_t root(int64_t n, const std::string& name) const {
    const auto side = static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(std::max<int64_t>(n, 0)))));
    if (side < 1 || side * side != n) bad_input("{}: tensor '{}' has {} positions, which are not a square and one", weights.path(), name, n + 1);
    return side;
  }
};

}  // namespace

ClipConfig clip_config_from_openai(const WeightFiles& weights) {
  const Shapes shapes{weights};
  ClipConfig c;
  ImageTowerConfig& image = c.image.emplace();
  if (weights.has("visual.proj") || weights.has("visual.class_embedding")) {
    const std::string positions = "visual.positional_embedding";
    image.tower.width = shapes.at("visual.conv1.weight", 4, 0);
    image.patch_size = shapes.at("visual.conv1.weight", 4, 3);
    image.tower.layers = shapes.blocks("visual.transformer.resblocks.", ".attn.in_proj_weight");
    image.tower.heads = image.tower.width / 64;
    image.tower.intermediate = shapes.at("visual.transformer.resblocks.0.mlp.c_fc.weight", 2, 0);
    const int64_t side = shapes.root(shapes.at(positions, 2, 0) - 1, positions);
    if (image.patch_size < 1 || image.patch_size > 1 << 12 || side > 1 << 12) bad_input("{}: patches of {} pixels, {} x {} of them, make no picture", weights.path(), image.patch_size, side, side);
    image.image_size = side * image.patch_size;
  } else {
    const std::string positions = "visual.attnpool.positional_embedding";
    image.kind = ImageTowerKind::modified_resnet;
    image.tower.width = shapes.at("visual.layer1.0.conv1.weight", 4, 0);
    for (int i = 1; i <= 4; i++) image.stages.push_back(shapes.blocks(fmt::format("visual.layer{}.", i), ".conv1.weight"));
    image.tower.heads = image.tower.width * 32 / 64;
    const int64_t side = shapes.root(shapes.at(positions, 2, 0) - 1, positions);
    if (side > 1 << 9) bad_input("{}: {} positions are too many for a picture", weights.path(), side * side);
    image.image_size = side * 32;
  }
  TextTowerConfig& text = c.text.emplace();
  c.projection = shapes.at("text_projection", 2, 1);
  text.context = shapes.at("positional_embedding", 2, 0);
  text.vocabulary = shapes.at("token_embedding.weight", 2, 0);
  text.tower.width = shapes.at("ln_final.weight", 1, 0);
  text.tower.heads = text.tower.width / 64;
  text.tower.layers = shapes.blocks("transformer.resblocks.", ".attn.in_proj_weight");
  text.tower.intermediate = shapes.at("transformer.resblocks.0.mlp.c_fc.weight", 2, 0);
  text.eos_token_id = 2;   // read at the largest id
  text.pad_token_id = 0;
  check_clip_config(c, weights.path());
  return c;
}

bool is_torchvision_resnet(const WeightFiles& weights) {
  return weights.has("conv1.weight") && weights.has("bn1.weight") && weights.has("layer1.0.conv1.weight") && weights.has("layer4.0.bn1.weight");
}

ClipConfig clip_config_from_torchvision(const WeightFiles& weights, int64_t image_size) {
  const Shapes shapes{weights};
  if (!weights.has("layer1.0.conv3.weight")) bad_input("{}: a ResNet of two-convolution blocks (ResNet-18, 34); ceir reads ResNet-50, 101 and 152", weights.path());
  ClipConfig c;
  ImageTowerConfig& image = c.image.emplace();
  image.kind = ImageTowerKind::resnet;
  image.image_size = image_size;
  image.tower.width = shapes.at("layer1.0.conv1.weight", 4, 0);
  if (image.tower.width > 1 << 12) bad_input("{}: a first stage of {} channels is too wide", weights.path(), image.tower.width);
  for (int i = 1; i <= 4; i++) image.stages.push_back(shapes.blocks(fmt::format("layer{}.", i), ".conv1.weight"));
  c.projection = image.pooled_width();
  check_clip_config(c, weights.path());
  return c;
}

}  // namespace ceir
