#include "weights/hub_names.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "kernels/base/error.h"
#include "tensor/io/digest.h"
#include "tensor/io/file.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string expanded(const std::string& s) { return s.starts_with("~/") ? variable("HOME") + s.substr(1) : s; }  // as Python does

// huggingface_hub's HF_HOME, below which cache and token lie.
std::string hub_home() {
  if (const std::string s = variable("HF_HOME"); !s.empty()) return expanded(s);
  if (const std::string s = variable("XDG_CACHE_HOME"); !s.empty()) return expanded(s) + "/huggingface";
  return variable("HOME") + "/.cache/huggingface";
}

std::string trimmed(const std::string& s) {
  const char* space = " \t\r\n";
  const size_t begin = s.find_first_not_of(space);
  return begin == std::string::npos ? "" : s.substr(begin, s.find_last_not_of(space) - begin + 1);
}

bool only_name_characters(const std::string& s) {
  return std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '/';
  });
}

std::string lower_underscored(std::string s) {  // open_clip's _clean_tag
  for (char& c : s) c = c == '-' ? '_' : c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return s;
}

}  // namespace

// open_clip/pretrained.py, column hf_hub, at commit 89fb801 (27 June 2026): the models whose architecture is known here.
const std::vector<OpenClipWeights>& open_clip_weights() {
  static const std::vector<OpenClipWeights> list = {
      {"RN50", "openai", "timm/resnet50_clip.openai"},
      {"RN50", "yfcc15m", "timm/resnet50_clip.yfcc15m"},
      {"RN50", "cc12m", "timm/resnet50_clip.cc12m"},
      {"RN101", "openai", "timm/resnet101_clip.openai"},
      {"RN101", "yfcc15m", "timm/resnet101_clip.yfcc15m"},
      {"RN50x4", "openai", "timm/resnet50x4_clip.openai"},
      {"RN50x16", "openai", "timm/resnet50x16_clip.openai"},
      {"RN50x64", "openai", "timm/resnet50x64_clip.openai"},
      {"ViT-B-32", "openai", "timm/vit_base_patch32_clip_224.openai"},
      {"ViT-B-32", "laion400m_e31", "timm/vit_base_patch32_clip_224.laion400m_e31"},
      {"ViT-B-32", "laion400m_e32", "timm/vit_base_patch32_clip_224.laion400m_e32"},
      {"ViT-B-32", "laion2b_e16", "timm/vit_base_patch32_clip_224.laion2b_e16"},
      {"ViT-B-32", "laion2b_s34b_b79k", "laion/CLIP-ViT-B-32-laion2B-s34B-b79K"},
      {"ViT-B-32", "datacomp_xl_s13b_b90k", "laion/CLIP-ViT-B-32-DataComp.XL-s13B-b90K"},
      {"ViT-B-32", "metaclip_400m", "timm/vit_base_patch32_clip_224.metaclip_400m"},
      {"ViT-B-32", "metaclip_fullcc", "timm/vit_base_patch32_clip_224.metaclip_2pt5b"},
      {"ViT-B-32-256", "datacomp_s34b_b86k", "laion/CLIP-ViT-B-32-256x256-DataComp-s34B-b86K"},
      {"ViT-B-16", "openai", "timm/vit_base_patch16_clip_224.openai"},
      {"ViT-B-16", "laion400m_e31", "timm/vit_base_patch16_clip_224.laion400m_e31"},
      {"ViT-B-16", "laion400m_e32", "timm/vit_base_patch16_clip_224.laion400m_e32"},
      {"ViT-B-16", "laion2b_s34b_b88k", "laion/CLIP-ViT-B-16-laion2B-s34B-b88K"},
      {"ViT-B-16", "datacomp_xl_s13b_b90k", "laion/CLIP-ViT-B-16-DataComp.XL-s13B-b90K"},
      {"ViT-B-16", "dfn2b", "apple/DFN2B-CLIP-ViT-B-16"},
      {"ViT-B-16", "metaclip_400m", "timm/vit_base_patch16_clip_224.metaclip_400m"},
      {"ViT-B-16", "metaclip_fullcc", "timm/vit_base_patch16_clip_224.metaclip_2pt5b"},
      {"ViT-B-16-plus-240", "laion400m_e31", "timm/vit_base_patch16_plus_clip_240.laion400m_e31"},
      {"ViT-L-14", "openai", "timm/vit_large_patch14_clip_224.openai"},
      {"ViT-L-14", "laion400m_e31", "timm/vit_large_patch14_clip_224.laion400m_e31"},
      {"ViT-L-14", "laion400m_e32", "timm/vit_large_patch14_clip_224.laion400m_e32"},
      {"ViT-L-14", "laion2b_s32b_b82k", "laion/CLIP-ViT-L-14-laion2B-s32B-b82K"},
      {"ViT-L-14", "datacomp_xl_s13b_b90k", "laion/CLIP-ViT-L-14-DataComp.XL-s13B-b90K"},
      {"ViT-L-14", "dfn2b", "apple/DFN2B-CLIP-ViT-L-14"},
      {"ViT-L-14", "dfn2b_s39b", "apple/DFN2B-CLIP-ViT-L-14-39B"},
      {"ViT-L-14", "metaclip_400m", "timm/vit_large_patch14_clip_224.metaclip_400m"},
      {"ViT-L-14", "metaclip_fullcc", "timm/vit_large_patch14_clip_224.metaclip_2pt5b"},
      {"ViT-L-14-336", "openai", "timm/vit_large_patch14_clip_336.openai"},
      {"ViT-H-14", "laion2b_s32b_b79k", "laion/CLIP-ViT-H-14-laion2B-s32B-b79K"},
      {"ViT-H-14", "metaclip_fullcc", "timm/vit_huge_patch14_clip_224.metaclip_2pt5b"},
      {"ViT-H-14", "dfn5b", "apple/DFN5B-CLIP-ViT-H-14"},
      {"ViT-H-14-378", "dfn5b", "apple/DFN5B-CLIP-ViT-H-14-378"},
      {"ViT-g-14", "laion2b_s12b_b42k", "laion/CLIP-ViT-g-14-laion2B-s12B-b42K"},
      {"ViT-g-14", "laion2b_s34b_b88k", "laion/CLIP-ViT-g-14-laion2B-s34B-b88K"},
      {"ViT-bigG-14", "laion2b_s39b_b160k", "laion/CLIP-ViT-bigG-14-laion2B-39B-b160k"},
      {"ViT-B-16-SigLIP", "webli", "timm/ViT-B-16-SigLIP"},
      {"ViT-B-16-SigLIP-256", "webli", "timm/ViT-B-16-SigLIP-256"},
      {"ViT-B-16-SigLIP-384", "webli", "timm/ViT-B-16-SigLIP-384"},
      {"ViT-B-16-SigLIP-512", "webli", "timm/ViT-B-16-SigLIP-512"},
      {"ViT-L-16-SigLIP-256", "webli", "timm/ViT-L-16-SigLIP-256"},
      {"ViT-L-16-SigLIP-384", "webli", "timm/ViT-L-16-SigLIP-384"},
      {"ViT-SO400M-14-SigLIP", "webli", "timm/ViT-SO400M-14-SigLIP"},
      {"ViT-SO400M-14-SigLIP-384", "webli", "timm/ViT-SO400M-14-SigLIP-384"},
  };
  return list;
}

bool is_hub_repository(const std::string& s) {
  const size_t slash = s.find('/');
  return only_name_characters(s) && s.size() < 200 && slash != std::string::npos && slash > 0 && slash + 1 < s.size() && s.find('/', slash + 1) == std::string::npos &&
         s[0] != '.' && s[slash + 1] != '.' && s.find("..") == std::string::npos && s.find("--") == std::string::npos;
}

bool is_hub_revision(const std::string& s) {
  return !s.empty() && s.size() < 200 && only_name_characters(s) && s.front() != '.' && s.front() != '/' && s.back() != '/' &&
         s.find("..") == std::string::npos && s.find("//") == std::string::npos && s.find("/.") == std::string::npos;
}

bool is_commit(const std::string& s) { return is_hex(s, 40); }

std::optional<HubName> parse_hub_name(const std::string& text) {
  std::string name = text;
  const bool prefixed = name.starts_with("hf-hub:");
  if (prefixed) name = name.substr(7);
  HubName found;
  if (const size_t at = name.find('@'); at != std::string::npos) {
    found.revision = name.substr(at + 1);
    name.resize(at);
    if (!is_hub_repository(name)) return std::nullopt;
    if (!is_hub_revision(found.revision)) bad_input("model '{}': '{}' is not a revision (a branch, a tag or a commit)", printable(text), printable(found.revision));
  }
  if (!is_hub_repository(name)) return std::nullopt;
  found.repository = name;
  if (prefixed) return found;
  const size_t slash = name.find('/');
  std::string model = name.substr(0, slash);
  if (model.ends_with("-quickgelu")) model.resize(model.size() - 10);
  const std::string tag = lower_underscored(name.substr(slash + 1));
  for (const OpenClipWeights& w : open_clip_weights())
    if (model == w.model && tag == w.tag) found.repository = w.repository, found.open_clip = true;
  return found;
}

std::string hub_cache_folder() {
  if (const std::string s = variable("HF_HUB_CACHE"); !s.empty()) return expanded(s);
  return hub_home() + "/hub";
}

std::string hub_token() {
  for (const char* name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"})
    if (const std::string token = trimmed(variable(name)); !token.empty()) return token;
  if (const std::string v = lower_underscored(variable("HF_HUB_DISABLE_IMPLICIT_TOKEN")); v == "1" || v == "true" || v == "yes" || v == "on") return "";
  const std::string path = variable("HF_TOKEN_PATH");
  const std::string file = path.empty() ? hub_home() + "/token" : expanded(path);
  if (!is_file(file)) return "";
  try {
    return trimmed(read_text_file(file, 1 << 12));
  } catch (const Error&) {   // another user's, or no text: public models need none, and the hub says when one is missing
    return "";
  }
}

std::string hub_repository_folder(const std::string& cache, const std::string& repository) {
  std::string flat = "models--" + repository;
  if (const size_t slash = flat.find('/'); slash != std::string::npos) flat.replace(slash, 1, "--");
  return cache + "/" + flat;
}

std::optional<CachedSnapshot> find_cached_snapshot(const std::string& cache, const HubName& name) {
  const std::filesystem::path base = hub_repository_folder(cache, name.repository);
  std::error_code ignored;
  std::string commit = name.revision;
  if (const auto ref = base / "refs" / name.revision; std::filesystem::is_regular_file(ref, ignored)) {
    commit = read_text_file(ref.string(), 1 << 12);
    while (!commit.empty() && (commit.back() == '\n' || commit.back() == '\r' || commit.back() == ' ')) commit.pop_back();
    if (!is_hub_revision(commit) || commit.find('/') != std::string::npos)
      bad_input("{}: does not hold a revision; delete it and fetch the model again", printable(ref.string(), 4096));
  }
  if (commit.find('/') != std::string::npos) return std::nullopt;
  const auto folder = base / "snapshots" / commit;
  if (!std::filesystem::is_directory(folder, ignored)) return std::nullopt;
  return CachedSnapshot{commit, folder.string()};
}

bool offline_by_environment() {
  const std::string v = lower_underscored(variable("HF_HUB_OFFLINE"));
  return v == "1" || v == "true" || v == "yes" || v == "on";
}

}  // namespace ceir
