// What a user may call a model on the hub, and where its files lie in the hub's cache.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace ceir {

struct HubName {
  std::string repository;          // "openai/clip-vit-base-patch32"
  std::string revision = "main";   // branch, tag or commit
  bool open_clip = false;          // asked for by open_clip's name: its own files are preferred
};

// "org/name", "org/name@revision", "hf-hub:org/name", "ViT-B-32/openai" (open_clip's model and pretrained tag, with or
// without "-quickgelu"). Nothing for what cannot be one; throws Error(bad_input) for a revision that cannot be one.
std::optional<HubName> parse_hub_name(const std::string& text);

// One of open_clip's pretrained tags that lie on the hub.
struct OpenClipWeights {
  const char *model, *tag, *repository;
};
const std::vector<OpenClipWeights>& open_clip_weights();

bool is_hub_repository(const std::string& text);  // one slash, and only characters the hub allows: no path hides in it
bool is_hub_revision(const std::string& text);    // branch names may hold slashes ("refs/pr/1")
bool is_commit(const std::string& text);          // 40 hexadecimal digits

// The hub's cache: HF_HUB_CACHE, else HF_HOME/hub, else XDG_CACHE_HOME/huggingface/hub, else ~/.cache/huggingface/hub.
std::string hub_cache_folder();
// The user's access token, as huggingface_hub finds it: HF_TOKEN (or HUGGING_FACE_HUB_TOKEN), else the file that
// `hf auth login` leaves: HF_TOKEN_PATH, HF_HOME/token, XDG_CACHE_HOME/huggingface/token or ~/.cache/huggingface/token,
// unless HF_HUB_DISABLE_IMPLICIT_TOKEN is set. "": none.
std::string hub_token();

std::string hub_repository_folder(const std::string& cache, const std::string& repository);  // CACHE/models--org--name

// The commit that the cache knows for a name (refs/REVISION, or the revision itself), and its folder; nothing when the
// cache has no such snapshot. Throws Error(bad_input) for a ref that does not hold a commit.
struct CachedSnapshot {
  std::string commit, folder;
};
std::optional<CachedSnapshot> find_cached_snapshot(const std::string& cache, const HubName& name);

bool offline_by_environment();  // HF_HUB_OFFLINE is 1, true, yes or on

}  // namespace ceir
