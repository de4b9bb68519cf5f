#include "models/clip_files.h"

#include <filesystem>

#include "models/open_clip_config.h"
#include "weights/embedded.h"

namespace ceir {
namespace fs = std::filesystem;
namespace {

constexpr const char* built_in = "the built-in model: ";

Json built_in_json(const std::string& name) {
  if (embedded_files().empty()) bad_input("this build of ceir has no built-in model; give a model folder");
  const auto bytes = embedded_file(name);
  return Json::parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, built_in + name);
}

int pillow_number(Filter f) {   // PIL.Image.Resampling
  switch (f) {
    case Filter::nearest: return 0;
    case Filter::lanczos: return 1;
    case Filter::bilinear: return 2;
    case Filter::bicubic: return 3;
    case Filter::box: return 4;
    case Filter::hamming: return 5;
  }
  return 3;
}

Json three(const std::array<float, 3>& v) {
  Json list = Json::array();
  for (const float f : v) list.push(static_cast<double>(f));
  return list;
}

Json hugging_face_preprocess(const Preprocess& p) {
  Json j = Json::object();
  if (p.style == PreprocessStyle::siglip) {
    j.set("image_processor_type", "SiglipImageProcessor").set("processor_class", "SiglipProcessor").set("do_resize", p.resize);
    j.set("size", Json::object().set("height", p.size).set("width", p.size)).set("resample", pillow_number(p.filter));
  } else {
    j.set("image_processor_type", "CLIPImageProcessor").set("do_convert_rgb", true).set("do_resize", p.resize);
    if (p.style == PreprocessStyle::openclip) j.set("ceir_style", "openclip");
    if (p.resize_longest) j.set("ceir_resize_mode", "longest");
    if (p.fill) j.set("ceir_fill", int64_t{p.fill});
    if (p.resize_shortest) j.set("size", Json::object().set("shortest_edge", p.shortest));
    else j.set("size", Json::object().set("height", p.shortest).set("width", p.shortest));
    j.set("resample", pillow_number(p.filter));
    j.set("do_center_crop", true).set("crop_size", Json::object().set("height", p.size).set("width", p.size));
  }
  j.set("do_rescale", true).set("rescale_factor", p.rescale).set("do_normalize", true);
  return j.set("image_mean", three(p.mean)).set("image_std", three(p.std));
}

Json open_clip_preprocess(const Preprocess& p) {
  Json j = Json::object();
  j.set("size", Json::array().push(p.size).push(p.size)).set("mode", "RGB").set("mean", three(p.mean)).set("std", three(p.std));
  j.set("interpolation", p.filter == Filter::bilinear ? "bilinear" : "bicubic").set("resize_mode", p.resize_longest ? "longest" : p.resize_shortest ? "shortest" : "squash");
  return j.set("fill_color", int64_t{p.fill});
}

constexpr std::array<float, 3> imagenet_mean{0.485f, 0.456f, 0.406f}, imagenet_std{0.229f, 0.224f, 0.225f};

// timm's config.json of a torchvision ResNet: {"architecture": "resnet50", "pretrained_cfg": {...}}.
Preprocess timm_preprocess(const Json& config, const std::string& file, Preprocess p) {
  const Json* c = config.find("pretrained_cfg");
  if (!c || c->is_null()) return p;
  const std::string where = file + ": pretrained_cfg";
  const auto colours = [&](const char* key, std::array<float, 3>& to) {
    const Json* v = c->find(key);
    if (!v) return;
    const auto& list = v->as_array(where + ": " + key);
    if (list.size() != 3) bad_input("{}: {} has {} numbers, expected 3 (red, green, blue)", where, key, list.size());
    for (size_t i = 0; i < 3; i++) to[i] = static_cast<float>(list[i].as_double(where + ": " + key));
  };
  colours("mean", p.mean);
  colours("std", p.std);
  for (const float s : p.std)
    if (!(s > 0)) bad_input("{}: std must be above 0", where);
  const std::string filter = c->get("interpolation", "bilinear", where);
  if (filter != "bilinear" && filter != "bicubic") bad_input("{}: interpolation is '{}', expected bicubic or bilinear", where, filter);
  p.filter = filter == "bicubic" ? Filter::bicubic : Filter::bilinear;
  const double part = c->get("crop_pct", 0.875, where);
  if (!(part > 0.1 && part <= 1)) bad_input("{}: crop_pct is {}, expected a number up to 1", where, part);
  p.shortest = static_cast<int>(static_cast<double>(p.size) / part + 1e-6);   // timm: int(floor(size / crop_pct))
  return p;
}

int64_t timm_image_size(const Json& config, const std::string& file) {
  const Json* c = config.find("pretrained_cfg");
  const Json* size = c ? c->find("input_size") : nullptr;
  if (!size) return 224;
  const std::string where = file + ": pretrained_cfg: input_size";
  const auto& list = size->as_array(where);
  if (list.size() != 3 || list[1].as_int(where) != list[2].as_int(where)) bad_input("{}: expected 3 channels and a square", where);
  return list[1].as_int(where);
}

}  // namespace

Preprocess default_preprocess(const ImageTowerConfig& image) {
  const int size = static_cast<int>(image.image_size);
  switch (image.kind) {
    case ImageTowerKind::vit: return Preprocess::of_style(PreprocessStyle::hf, size);
    case ImageTowerKind::siglip: return Preprocess::of_style(PreprocessStyle::siglip, size);
    case ImageTowerKind::modified_resnet: return Preprocess::of_style(PreprocessStyle::openclip, size);
    case ImageTowerKind::resnet: break;
  }
  Preprocess p = Preprocess::of_style(PreprocessStyle::openclip, size);   // torchvision's: 256 of 224, rounded as Python does
  p.shortest = static_cast<int>(static_cast<double>(size) / 0.875);
  p.filter = Filter::bilinear;
  p.mean = imagenet_mean, p.std = imagenet_std;
  return p;
}

ClipConfig read_config(const ModelSource& source, const WeightFiles& weights) {
  if (source.built_in) return clip_config_from_json(built_in_json("config.json"), std::string(built_in) + "config.json");
  if (source.kind == ConfigKind::open_clip) {
    // What the model is called: its file, where one was named, else its folder.
    const std::string name = fs::is_directory(source.weights) ? fs::weakly_canonical(source.folder).filename().string() : fs::path(source.weights).stem().string();
    return clip_config_from_open_clip(Json::read(source.config), source.config, name);
  }
  if (source.kind == ConfigKind::hugging_face) return clip_config_from_json(Json::read(source.config), source.config);
  if (!is_torchvision_resnet(weights))
    bad_input("{}: no config.json and no open_clip_config.json; a model is a Hugging Face or open_clip folder with both configuration and weights, or the built-in 'nano'",
              source.folder);
  return clip_config_from_torchvision(weights, source.config.empty() ? 224 : timm_image_size(Json::read(source.config), source.config));
}

Preprocess read_preprocess(const ModelSource& source, const ClipConfig& config) {
  const ImageTowerConfig& image = *config.image;
  const std::string file = "preprocessor_config.json";
  const int size = static_cast<int>(image.image_size);
  Preprocess p = default_preprocess(image);
  if (source.built_in) p = Preprocess::from_json(built_in_json(file), built_in + file, size);
  else if (source.kind == ConfigKind::hugging_face) p = Preprocess::from_folder(source.folder);
  else if (source.kind == ConfigKind::open_clip) {
    const Json json = Json::read(source.config);
    p = json.has("model_cfg") ? Preprocess::from_json(json, source.config, size) : Preprocess::of_style(PreprocessStyle::openclip, size);
  } else if (!source.config.empty()) {
    p = timm_preprocess(Json::read(source.config), source.config, p);
  }
  if (p.size != image.image_size)
    bad_input("{}: its preprocessing makes pictures of {} pixels, but the model in its configuration takes {}", source.built_in ? "the built-in model" : source.folder, p.size,
              image.image_size);
  if (image.channels != 3) bad_input("{}: the image tower takes {} channels; pictures have 3", source.config, image.channels);
  return p;
}

Json config_json(const ClipConfig& config) {
  if (config.has_hugging_face_class()) return to_json(config);
  if (config.image->kind != ImageTowerKind::resnet) return to_open_clip_json(config);
  Json stages = Json::array();
  int64_t blocks = 0;
  for (const int64_t n : config.image->stages) {
    stages.push(n);
    blocks += n;
  }
  // ResNet-50: 16 blocks of 3 convolutions, the stem and the classifier.
  return Json::object().set("architecture", fmt::format("resnet{}", 3 * blocks + 2)).set("num_features", config.projection).set("layers", stages);
}

std::vector<std::pair<std::string, std::string>> config_files(const ClipConfig& config, const Preprocess& p) {
  Json json = config_json(config);
  if (config.has_hugging_face_class()) {
    std::vector<std::pair<std::string, std::string>> files{{"config.json", json.dump(2) + "\n"}};
    if (config.image) files.emplace_back("preprocessor_config.json", hugging_face_preprocess(p).dump(2) + "\n");
    return files;
  }
  if (config.image->kind != ImageTowerKind::resnet) {
    json.set("preprocess_cfg", open_clip_preprocess(p));
    return {{"open_clip_config.json", json.dump(2) + "\n"}};
  }
  Json c = Json::object();
  c.set("input_size", Json::array().push(3).push(p.size).push(p.size)).set("interpolation", p.filter == Filter::bicubic ? "bicubic" : "bilinear");
  c.set("crop_pct", static_cast<double>(p.size) / static_cast<double>(p.shortest)).set("mean", three(p.mean)).set("std", three(p.std));
  json.set("pretrained_cfg", c);
  return {{"config.json", json.dump(2) + "\n"}};
}

std::string weights_file_name(const ClipConfig& config) {
  const bool open_clip = !config.has_hugging_face_class() && config.image->kind != ImageTowerKind::resnet;
  return open_clip ? "open_clip_model.safetensors" : "model.safetensors";
}

}  // namespace ceir
