// preprocessor_config.json of Hugging Face, preprocess_cfg of open_clip, and the image size of a config.json.
#include <sys/stat.h>

#include <cmath>

#include "data/preprocess.h"
#include "tensor/io/json.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

constexpr int64_t largest_size = 8192;  // no known model comes near

bool exists(const std::string& path) {
  struct stat s;
  return ::stat(path.c_str(), &s) == 0;
}

std::string beside(const std::string& path, const char* name) {
  const size_t slash = path.rfind('/');
  return (slash == std::string::npos ? std::string() : path.substr(0, slash + 1)) + name;
}

int checked_size(const Json& v, const std::string& what) {
  const int64_t n = v.as_int(what);
  if (n < 1 || n > largest_size) bad_input("{} is {}, expected 1 to {}", what, n, largest_size);
  return static_cast<int>(n);
}

int square_side(const Json& v, const std::string& what) {  // 224, {"height": 224, "width": 224} or [224, 224]
  if (v.is_object()) {
    if (v.has("shortest_edge") && !v.has("height")) return checked_size(v.at("shortest_edge", what), what);
    const int h = checked_size(v.at("height", what), what + ".height"), w = checked_size(v.at("width", what), what + ".width");
    if (h != w) bad_input("{} is {} x {}, only square sizes can be used", what, h, w);
    return h;
  }
  if (v.is_array()) {
    const auto& a = v.as_array(what);
    if (a.size() != 2) bad_input("{} has {} entries, expected height and width", what, a.size());
    const int h = checked_size(a[0], what), w = checked_size(a[1], what);
    if (h != w) bad_input("{} is {} x {}, only square sizes can be used", what, h, w);
    return h;
  }
  return checked_size(v, what);
}

std::array<float, 3> three(const Json& v, const std::string& what, bool positive) {
  std::array<float, 3> out;
  if (v.is_number()) {
    out.fill(static_cast<float>(v.as_double(what)));
  } else {
    const auto& a = v.as_array(what);
    if (a.size() != 3) bad_input("{} has {} numbers, expected 3 (red, green, blue)", what, a.size());
    for (size_t i = 0; i < 3; i++) out[i] = static_cast<float>(a[i].as_double(what));
  }
  for (float f : out)
    if (!std::isfinite(f) || (positive && !(f > 0))) bad_input("{} must be finite{}", what, positive ? " and above 0" : "");
  return out;
}

bool flag(const Json& j, const char* key, bool otherwise, const std::string& path) {
  const Json* v = j.find(key);
  return v && !v->is_null() ? v->as_bool(path + ": " + key) : otherwise;
}

// A key that is there and not null.
const Json* given(const Json& j, const char* key) {
  const Json* v = j.find(key);
  return v && !v->is_null() ? v : nullptr;
}

// A grey level from 0 to 255; 0 when it is not there.
uint8_t fill_of(const Json& j, const char* key, const std::string& where) {
  const Json* v = given(j, key);
  const int64_t fill = v ? v->as_int(where + ": " + key) : 0;
  if (fill < 0 || fill > 255) bad_input("{}: {} is {}, expected 0 to 255", where, key, fill);
  return static_cast<uint8_t>(fill);
}

// vision_config.image_size of a Hugging Face config.json; 0 when it says nothing.
int image_size_of_config(const std::string& path) {
  if (!exists(path)) return 0;
  const Json config = Json::read(path);
  const Json* vision = given(config, "vision_config");
  const Json* size = given(vision ? *vision : config, "image_size");
  return size ? square_side(*size, path + ": image_size") : 0;
}

Preprocess from_open_clip(const Json& file, const std::string& path) {
  Preprocess p;
  p.style = PreprocessStyle::openclip;
  const Json* model = given(file, "model_cfg");
  if (model)
    if (const Json* vision = given(*model, "vision_cfg"))
      if (const Json* size = given(*vision, "image_size")) p.size = square_side(*size, path + ": vision_cfg.image_size");
  if (const Json* c = given(file, "preprocess_cfg")) {
    if (const Json* v = given(*c, "size")) p.size = square_side(*v, path + ": preprocess_cfg.size");
    if (const Json* v = given(*c, "mean")) p.mean = three(*v, path + ": preprocess_cfg.mean", false);
    if (const Json* v = given(*c, "std")) p.std = three(*v, path + ": preprocess_cfg.std", true);
    const std::string mode = c->get("mode", "RGB", path + ": preprocess_cfg.mode");
    if (mode != "RGB") bad_input("{}: preprocess_cfg.mode is '{}', only RGB models can be used", path, mode);
    const std::string filter = c->get("interpolation", "bicubic", path + ": preprocess_cfg.interpolation");
    if (filter == "bicubic") p.filter = Filter::bicubic;
    else if (filter == "bilinear") p.filter = Filter::bilinear;
    else bad_input("{}: preprocess_cfg.interpolation is '{}', expected bicubic or bilinear", path, filter);
    const std::string how = c->get("resize_mode", "shortest", path + ": preprocess_cfg.resize_mode");
    if (how == "squash") p.resize_shortest = false;
    else if (how == "longest") p.resize_shortest = false, p.resize_longest = true;
    else if (how != "shortest") bad_input("{}: preprocess_cfg.resize_mode is '{}', expected shortest, squash or longest", path, how);
    p.fill = fill_of(*c, "fill_color", path + ": preprocess_cfg");
  }
  p.shortest = p.size;
  return p;
}

}  // namespace

Preprocess Preprocess::of_style(PreprocessStyle style, int size) {
  Preprocess p;
  p.style = style;
  p.size = p.shortest = size;
  if (style == PreprocessStyle::siglip) {
    p.resize_shortest = false;
    p.mean.fill(0.5f), p.std.fill(0.5f);
  }
  return p;
}

Preprocess Preprocess::from_file(const std::string& path) {
  return from_json(Json::read(path), path, image_size_of_config(beside(path, "config.json")));
}

Preprocess Preprocess::from_json(const Json& j, const std::string& path, int by_config) {
  if (!j.is_object()) bad_input("{}: expected a JSON object with the settings of an image processor", path);
  if (j.has("preprocess_cfg") || j.has("model_cfg")) return from_open_clip(j, path);
  std::string type = j.get("image_processor_type", "", path + ": image_processor_type");
  if (type.empty()) type = j.get("feature_extractor_type", "", path + ": feature_extractor_type");
  const bool siglip = type.starts_with("SiglipImage") || type.starts_with("SiglipFeature"), vit = type.starts_with("ViT");
  if (!type.empty() && !siglip && !vit && type.find("CLIP") == std::string::npos && !type.starts_with("Bit"))
    bad_input("{}: pictures are prepared by a {}; CLIP's, SigLIP's, ViT's and BiT's ways are known", path, printable(type, 60));
  Preprocess p = of_style(siglip ? PreprocessStyle::siglip : PreprocessStyle::hf, by_config ? by_config : 224);
  if (vit) p.resize_shortest = false, p.filter = Filter::bilinear, p.mean.fill(0.5f), p.std.fill(0.5f);  // its class's defaults
  // Written by this program (Clip::save) for models of open_clip's and OpenAI's code, whose crop rounds differently.
  if (j.get("ceir_style", "", path + ": ceir_style") == "openclip") p.style = PreprocessStyle::openclip;
  const bool longest = j.get("ceir_resize_mode", "", path + ": ceir_resize_mode") == "longest";
  p.fill = fill_of(j, "ceir_fill", path);
  p.resize = flag(j, "do_resize", true, path);
  if (const Json* v = given(j, "size")) {
    const bool squash = v->is_object() && v->has("height");
    p.resize_shortest = !squash && !siglip && !vit;
    if (v->is_object() && !squash && !v->has("shortest_edge"))
      bad_input("{}: size has neither shortest_edge nor height and width", path);
    p.shortest = p.size = square_side(*v, path + ": size");
  }
  if (longest) p.resize_shortest = false, p.resize_longest = true;
  if (flag(j, "do_center_crop", !siglip && !vit, path)) {
    if (const Json* v = given(j, "crop_size")) p.size = square_side(*v, path + ": crop_size");
  } else if (!p.resize) {
    bad_input("{}: do_resize and do_center_crop are both false, so pictures would not be square; set one of them to true", path);
  } else if (p.resize_shortest) {
    bad_input("{}: do_center_crop is false while only the shortest side is resized, so pictures would not be square; "
              "set do_center_crop to true", path);
  }
  if (const Json* v = given(j, "resample")) {
    switch (v->as_int(path + ": resample")) {  // Pillow's numbers
      case 0: p.filter = Filter::nearest; break;
      case 1: p.filter = Filter::lanczos; break;
      case 2: p.filter = Filter::bilinear; break;
      case 3: p.filter = Filter::bicubic; break;
      case 4: p.filter = Filter::box; break;
      case 5: p.filter = Filter::hamming; break;
      default: bad_input("{}: resample must be 0 (nearest), 1 (lanczos), 2 (bilinear), 3 (bicubic), 4 (box) or 5 (hamming)", path);
    }
  }
  p.rescale = flag(j, "do_rescale", true, path) ? j.get("rescale_factor", 1.0 / 255, path + ": rescale_factor") : 1.0;
  if (!std::isfinite(p.rescale)) bad_input("{}: rescale_factor must be finite", path);
  if (flag(j, "do_normalize", true, path)) {
    if (const Json* v = given(j, "image_mean")) p.mean = three(*v, path + ": image_mean", false);
    if (const Json* v = given(j, "image_std")) p.std = three(*v, path + ": image_std", true);
  } else {
    p.mean.fill(0), p.std.fill(1);
  }
  return p;
}

Preprocess Preprocess::from_folder(const std::string& folder) {
  for (const char* name : {"preprocessor_config.json", "open_clip_config.json"})
    if (const std::string path = folder + "/" + name; exists(path)) return from_file(path);
  const std::string path = folder + "/config.json";
  if (!exists(path)) bad_input("{}: neither preprocessor_config.json, open_clip_config.json nor config.json lies here", folder);
  const Json config = Json::read(path);
  const bool siglip = config.get("model_type", "", path + ": model_type").find("siglip") != std::string::npos;
  const int size = image_size_of_config(path);
  return of_style(siglip ? PreprocessStyle::siglip : PreprocessStyle::hf, size ? size : 224);
}

}  // namespace ceir
