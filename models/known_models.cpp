#include "models/known_models.h"

#include <algorithm>

#include "kernels/base/error.h"
#include "weights/hub_names.h"

namespace ceir {
namespace {

constexpr KnownTower vit = KnownTower::vit, rn = KnownTower::modified_resnet, siglip = KnownTower::siglip;
constexpr Unary quick = Unary::quick_gelu, exact = Unary::gelu_erf, tanh_gelu = Unary::gelu_tanh;
constexpr Normalisation clip = Normalisation::clip, half = Normalisation::half;

//                 name              tower    px  patch width layers heads mlp    stages          text: width layers heads mlp  vocabulary context  projection
constexpr KnownArchitecture architectures[] = {
    {"ViT-B-32",               vit,    224, 32,  768, 12, 12, 3072, {},             512, 12,  8, 2048, 49408, 77,  512},
    {"ViT-B-16",               vit,    224, 16,  768, 12, 12, 3072, {},             512, 12,  8, 2048, 49408, 77,  512},
    {"ViT-L-14",               vit,    224, 14, 1024, 24, 16, 4096, {},             768, 12, 12, 3072, 49408, 77,  768},
    {"ViT-L-14-336",           vit,    336, 14, 1024, 24, 16, 4096, {},             768, 12, 12, 3072, 49408, 77,  768},
    {"RN50",                   rn,     224,  0,   64,  0, 32,    0, {3, 4, 6, 3},   512, 12,  8, 2048, 49408, 77, 1024},
    {"RN101",                  rn,     224,  0,   64,  0, 32,    0, {3, 4, 23, 3},  512, 12,  8, 2048, 49408, 77,  512},
    {"RN50x4",                 rn,     288,  0,   80,  0, 40,    0, {4, 6, 10, 6},  640, 12, 10, 2560, 49408, 77,  640},
    {"RN50x16",                rn,     384,  0,   96,  0, 48,    0, {6, 8, 18, 8},  768, 12, 12, 3072, 49408, 77,  768},
    {"RN50x64",                rn,     448,  0,  128,  0, 64,    0, {3, 15, 36, 10}, 1024, 12, 16, 4096, 49408, 77, 1024},
    {"ViT-B-32-256",           vit,    256, 32,  768, 12, 12, 3072, {},             512, 12,  8, 2048, 49408, 77,  512},
    {"ViT-B-16-plus-240",      vit,    240, 16,  896, 12, 14, 3584, {},             640, 12, 10, 2560, 49408, 77,  640},
    {"ViT-H-14",               vit,    224, 14, 1280, 32, 16, 5120, {},            1024, 24, 16, 4096, 49408, 77, 1024},
    {"ViT-H-14-378",           vit,    378, 14, 1280, 32, 16, 5120, {},            1024, 24, 16, 4096, 49408, 77, 1024},
    {"ViT-g-14",               vit,    224, 14, 1408, 40, 16, 6144, {},            1024, 24, 16, 4096, 49408, 77, 1024},
    {"ViT-bigG-14",            vit,    224, 14, 1664, 48, 16, 8192, {},            1280, 32, 20, 5120, 49408, 77, 1280},
    {"ViT-B-16-SigLIP",        siglip, 224, 16,  768, 12, 12, 3072, {},             768, 12, 12, 3072, 32000, 64,  768},
    {"ViT-B-16-SigLIP-256",    siglip, 256, 16,  768, 12, 12, 3072, {},             768, 12, 12, 3072, 32000, 64,  768},
    {"ViT-B-16-SigLIP-384",    siglip, 384, 16,  768, 12, 12, 3072, {},             768, 12, 12, 3072, 32000, 64,  768},
    {"ViT-B-16-SigLIP-512",    siglip, 512, 16,  768, 12, 12, 3072, {},             768, 12, 12, 3072, 32000, 64,  768},
    {"ViT-L-16-SigLIP-256",    siglip, 256, 16, 1024, 24, 16, 4096, {},            1024, 24, 16, 4096, 32000, 64, 1024},
    {"ViT-L-16-SigLIP-384",    siglip, 384, 16, 1024, 24, 16, 4096, {},            1024, 24, 16, 4096, 32000, 64, 1024},
    {"ViT-SO400M-14-SigLIP",   siglip, 224, 14, 1152, 27, 16, 4304, {},            1152, 27, 16, 4304, 32000, 16, 1152},
    {"ViT-SO400M-14-SigLIP-378", siglip, 378, 14, 1152, 27, 16, 4304, {},          1152, 27, 16, 4304, 32000, 64, 1152},
    {"ViT-SO400M-14-SigLIP-384", siglip, 384, 14, 1152, 27, 16, 4304, {},          1152, 27, 16, 4304, 32000, 64, 1152},
    {"ResNet-50", KnownTower::resnet,  224,  0,   64,  0,  0,    0, {3, 4, 6, 3},     0,  0,  0,    0,     0,  0, 2048},
};

// open_clip's pretrained tags. laion2b_s32b_b82k is the one CLIP of LAION's that was trained on pixels from -1 to 1.
constexpr KnownWeights weights[] = {
    {"ViT-B-32", "openai", "openai/clip-vit-base-patch32", quick, clip},
    {"ViT-B-16", "openai", "openai/clip-vit-base-patch16", quick, clip},
    {"ViT-L-14", "openai", "openai/clip-vit-large-patch14", quick, clip},
    {"ViT-L-14-336", "openai", "openai/clip-vit-large-patch14-336", quick, clip},
    {"RN50", "openai", "", quick, clip},
    {"RN101", "openai", "", quick, clip},
    {"RN50x4", "openai", "", quick, clip},
    {"RN50x16", "openai", "", quick, clip},
    {"RN50x64", "openai", "", quick, clip},
    {"RN50", "yfcc15m", "", quick, clip},
    {"RN50", "cc12m", "", quick, clip},
    {"RN101", "yfcc15m", "", quick, clip},
    {"ViT-B-32", "laion400m_e31", "", quick, clip},
    {"ViT-B-32", "laion400m_e32", "", quick, clip},
    {"ViT-B-32", "laion2b_e16", "", exact, clip},
    {"ViT-B-32", "laion2b_s34b_b79k", "", exact, clip},
    {"ViT-B-32", "datacomp_xl_s13b_b90k", "", exact, clip},
    {"ViT-B-32", "metaclip_400m", "", quick, clip},
    {"ViT-B-32", "metaclip_fullcc", "", quick, clip},
    {"ViT-B-32-256", "datacomp_s34b_b86k", "", exact, clip},
    {"ViT-B-16", "laion400m_e31", "", exact, clip},
    {"ViT-B-16", "laion400m_e32", "", exact, clip},
    {"ViT-B-16", "laion2b_s34b_b88k", "", exact, clip},
    {"ViT-B-16", "datacomp_xl_s13b_b90k", "", exact, clip},
    {"ViT-B-16", "dfn2b", "", quick, clip},
    {"ViT-B-16", "metaclip_400m", "", quick, clip},
    {"ViT-B-16", "metaclip_fullcc", "", quick, clip},
    {"ViT-B-16-plus-240", "laion400m_e31", "", exact, clip},
    {"ViT-B-16-plus-240", "laion400m_e32", "", exact, clip},
    {"ViT-L-14", "laion400m_e31", "", exact, clip},
    {"ViT-L-14", "laion400m_e32", "", exact, clip},
    {"ViT-L-14", "laion2b_s32b_b82k", "", exact, half},
    {"ViT-L-14", "datacomp_xl_s13b_b90k", "", exact, clip},
    {"ViT-L-14", "dfn2b", "", quick, clip},
    {"ViT-L-14", "dfn2b_s39b", "", exact, clip},
    {"ViT-L-14", "metaclip_400m", "", quick, clip},
    {"ViT-L-14", "metaclip_fullcc", "", quick, clip},
    {"ViT-H-14", "laion2b_s32b_b79k", "", exact, clip},
    {"ViT-H-14", "dfn5b", "", quick, clip},
    {"ViT-H-14", "metaclip_fullcc", "", quick, clip},
    {"ViT-H-14-378", "dfn5b", "", quick, clip},
    {"ViT-g-14", "laion2b_s12b_b42k", "", exact, clip},
    {"ViT-g-14", "laion2b_s34b_b88k", "", exact, clip},
    {"ViT-bigG-14", "laion2b_s39b_b160k", "", exact, clip},
    {"ViT-B-16-SigLIP", "webli", "google/siglip-base-patch16-224", tanh_gelu, half},
    {"ViT-B-16-SigLIP-256", "webli", "google/siglip-base-patch16-256", tanh_gelu, half},
    {"ViT-B-16-SigLIP-384", "webli", "google/siglip-base-patch16-384", tanh_gelu, half},
    {"ViT-B-16-SigLIP-512", "webli", "google/siglip-base-patch16-512", tanh_gelu, half},
    {"ViT-L-16-SigLIP-256", "webli", "google/siglip-large-patch16-256", tanh_gelu, half},
    {"ViT-L-16-SigLIP-384", "webli", "google/siglip-large-patch16-384", tanh_gelu, half},
    {"ViT-SO400M-14-SigLIP", "webli", "google/siglip-so400m-patch14-224", tanh_gelu, half},
    {"ViT-SO400M-14-SigLIP-378", "webli", "", tanh_gelu, half},
    {"ViT-SO400M-14-SigLIP-384", "webli", "google/siglip-so400m-patch14-384", tanh_gelu, half},
    {"ResNet-50", "imagenet1k_v1", "", Unary::relu, Normalisation::imagenet},
    {"ResNet-50", "imagenet1k_v2", "", Unary::relu, Normalisation::imagenet},
};

std::string lower(std::string s) {
  for (char& c : s)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return s;
}

// "ViT-L/14@336px" -> "vit-l-14-336"
std::string canonical(std::string name) {
  name = lower(std::move(name));
  for (const char* end : {"-quickgelu", "px"})
    if (name.ends_with(end)) name.resize(name.size() - std::string(end).size());
  std::ranges::replace(name, '/', '-');
  std::ranges::replace(name, '@', '-');
  return name;
}

int64_t block_parameters(int64_t width, int64_t mlp) {   // two layer norms, attention, two linear layers
  return 4 * width + 4 * width * width + 4 * width + 2 * width * mlp + mlp + width;
}

int64_t resnet_parameters(const KnownArchitecture& a) {
  const auto norm = [](int64_t c) { return 2 * c; };
  const int64_t w = a.width, h = w / 2;
  const bool modified = a.tower == KnownTower::modified_resnet;
  int64_t n = modified ? 3 * h * 9 + norm(h) + h * h * 9 + norm(h) + h * w * 9 + norm(w) : 3 * w * 49 + norm(w);
  int64_t in = w;
  for (size_t stage = 0; stage < 4; stage++) {
    const int64_t p = w << stage, out = 4 * p;
    for (int64_t block = 0; block < a.stages[stage]; block++) {
      n += in * p + norm(p) + p * p * 9 + norm(p) + p * out + norm(out);
      if (block == 0) n += in * out + norm(out);
      in = out;
    }
  }
  if (!modified) return n + in * 1000 + 1000;
  const int64_t side = a.image_size / 32;
  return n + (side * side + 1) * in + 3 * (in * in + in) + in * a.projection + a.projection;
}

}  // namespace

std::span<const KnownArchitecture> known_architectures() { return architectures; }
std::span<const KnownWeights> known_weights() { return weights; }

const KnownArchitecture* find_architecture(const std::string& name) {
  const std::string wanted = canonical(name);
  for (const KnownArchitecture& a : architectures)
    if (canonical(a.name) == wanted) return &a;
  return nullptr;
}

const KnownWeights* find_weights(const std::string& name) {
  const std::string wanted = lower(name);
  const size_t slash = wanted.rfind('/');
  // open_clip's copies of weights that others publish too ("timm/vit_base_patch32_clip_224.openai").
  for (const OpenClipWeights& o : open_clip_weights())
    if (lower(o.repository) == wanted && slash != std::string::npos)
      for (const KnownWeights& w : weights)
        if (o.tag == std::string(w.tag) && canonical(o.model) == canonical(w.architecture)) return &w;
  for (const KnownWeights& w : weights) {
    if (lower(repository_of(w)) == wanted) return &w;
    if (slash != std::string::npos && wanted.substr(slash + 1) == w.tag && canonical(wanted.substr(0, slash)) == canonical(w.architecture)) return &w;
  }
  return nullptr;
}

Unary activation_in_open_clip(const KnownWeights& w) { return find_architecture(w.architecture)->tower == KnownTower::siglip ? Unary::gelu_erf : w.activation; }

std::string repository_of(const KnownWeights& w) {
  if (*w.repository) return w.repository;
  for (const OpenClipWeights& o : open_clip_weights())
    if (o.tag == std::string(w.tag) && canonical(o.model) == canonical(w.architecture)) return o.repository;
  return "";
}

const char* activation_word(Unary f) {
  switch (f) {
    case Unary::quick_gelu: return "quick_gelu";
    case Unary::gelu_erf: return "gelu";
    case Unary::gelu_tanh: return "gelu_pytorch_tanh";
    default: return name_of(f);
  }
}

int64_t parameter_count(const KnownArchitecture& a) {
  if (a.tower == KnownTower::resnet) return resnet_parameters(a);
  const int64_t w = a.width, t = a.text_width;
  int64_t n = a.vocabulary * t + a.context * t + a.text_layers * block_parameters(t, a.text_intermediate) + 2 * t + t * a.projection;
  if (a.tower == KnownTower::modified_resnet) return n + resnet_parameters(a) + 1;
  const int64_t side = a.image_size / a.patch_size, patch = 3 * a.patch_size * a.patch_size * w;
  n += patch + side * side * w + a.layers * block_parameters(w, a.intermediate) + 2 * w;
  if (a.tower == KnownTower::vit) return n + 2 * w + 2 * w + w * a.projection + 1;   // class token and its position, pre-norm, projection, scale
  // Bias of the patches, the pooling head (a query and a block with one layer norm), bias of the text projection, scale and bias.
  return n + w + w + block_parameters(w, a.intermediate) - 2 * w + a.projection + 2;
}

const char* name_of(Normalisation n) {
  switch (n) {
    case Normalisation::clip: return "CLIP's";
    case Normalisation::half: return "0.5";
    case Normalisation::imagenet: return "ImageNet's";
  }
  return "";
}

std::array<float, 3> mean_of(Normalisation n) {
  switch (n) {
    case Normalisation::clip: return {0.48145466f, 0.4578275f, 0.40821073f};
    case Normalisation::half: return {0.5f, 0.5f, 0.5f};
    case Normalisation::imagenet: return {0.485f, 0.456f, 0.406f};
  }
  return {};
}

std::array<float, 3> std_of(Normalisation n) {
  switch (n) {
    case Normalisation::clip: return {0.26862954f, 0.26130258f, 0.27577711f};
    case Normalisation::half: return {0.5f, 0.5f, 0.5f};
    case Normalisation::imagenet: return {0.229f, 0.224f, 0.225f};
  }
  return {};
}

std::string known_models_text() {
  std::string out = fmt::format("{:<25} {:>5} {:>5}  {:<19} {:<14} {:<13} {:>5} {:>13} {:>8}\n", "model", "image", "patch", "image tower", "text tower",
                                "tokens", "space", "parameters", "f32");
  for (const KnownArchitecture& a : architectures) {
    const std::string tower = a.patch_size ? fmt::format("{} x {}, {} heads", a.layers, a.width, a.heads)
                                           : fmt::format("{},{},{},{} x {}", a.stages[0], a.stages[1], a.stages[2], a.stages[3], a.width);
    const std::string text = a.text_width ? fmt::format("{} x {}", a.text_layers, a.text_width) : "-";
    const std::string tokens = a.text_width ? fmt::format("{} of {}", a.context, a.vocabulary) : "-";
    const int64_t n = parameter_count(a);
    out += fmt::format("{:<25} {:>5} {:>5}  {:<19} {:<14} {:<13} {:>5} {:>13} {:>5} MB\n", a.name, a.image_size,
                       a.patch_size ? std::to_string(a.patch_size) : "-", tower, text, tokens, a.projection, n, n * 4 / 1'000'000);
  }
  out += fmt::format("\n{:<25} {:<22} {:<18} {:<11} {}\n", "weights of", "tag", "activation", "mean, std", "on the hub");
  for (const KnownWeights& w : weights) {
    const std::string repository = repository_of(w);
    out += fmt::format("{:<25} {:<22} {:<18} {:<11} {}\n", w.architecture, w.tag, activation_word(w.activation), name_of(w.normalisation), repository.empty() ? "-" : repository);
  }
  return out;
}

Json known_models_json() {
  Json list = Json::array(), tags = Json::array();
  for (const KnownArchitecture& a : architectures) {
    Json j = Json::object();
    j.set("name", a.name).set("image_size", a.image_size).set("patch_size", a.patch_size).set("width", a.width).set("layers", a.layers).set("heads", a.heads);
    Json stages = Json::array();
    for (const int64_t n : a.stages)
      if (n) stages.push(n);
    j.set("stages", stages).set("text_width", a.text_width).set("text_layers", a.text_layers).set("text_heads", a.text_heads);
    j.set("vocabulary", a.vocabulary).set("context", a.context).set("projection", a.projection).set("parameters", parameter_count(a));
    list.push(std::move(j));
  }
  for (const KnownWeights& w : weights) {
    Json j = Json::object();
    j.set("architecture", w.architecture).set("tag", w.tag).set("repository", repository_of(w)).set("activation", activation_word(w.activation));
    tags.push(j.set("normalisation", name_of(w.normalisation)));
  }
  return Json::object().set("architectures", list).set("weights", tags);
}

}  // namespace ceir
