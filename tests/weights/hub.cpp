#include "weights/hub.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <optional>

#include "tensor/io/file.h"
#include "tests/data/temp_folder.h"
#include "tests/fake_hub.h"
#include "tests/scratch.h"
#include "weights/hub_files.h"

using namespace ceir;
using namespace ceir::test;
namespace fs = std::filesystem;

namespace {

void no_words(const std::string&) {}

HubDownload fetch(const FakeHub& hub, const HubSettings& s, const std::string& name = "") {
  return download_from_hub(*parse_hub_name(name.empty() ? hub.repository : name), s, nullptr, no_words);
}

std::set<std::string> names_in(const std::string& folder) {
  std::set<std::string> names;
  std::error_code ignored;
  for (const auto& e : fs::directory_iterator(folder, ignored)) names.insert(e.path().filename().string());
  return names;
}

// Whole and right, or not there at all.
bool whole(const FakeHub& hub, const std::string& cache, const std::string& revision = "main") {
  const auto snapshot = find_cached_snapshot(cache, {hub.repository, revision, false});
  if (!snapshot) return false;
  bool all = missing_in_snapshot(snapshot->folder, false).empty();
  for (const std::string& name : names_in(snapshot->folder)) all = all && read_text_file(snapshot->folder + "/" + name) == hub.files.at(name);
  return all;
}

bool nothing_visible(const FakeHub& hub, const std::string& cache) {
  const std::string base = hub_repository_folder(cache, hub.repository);
  bool clean = names_in(base + "/snapshots").empty() && names_in(base + "/refs").empty();
  for (const std::string& name : names_in(base + "/blobs")) {  // every blob that has its name is right
    if (name.ends_with(".incomplete")) continue;
    const std::string content = read_text_file(base + "/blobs/" + name);
    clean = clean && (sha256_of(content) == name || FakeHub::git_name(content) == name);
  }
  return clean;
}

}  // namespace

TEST_CASE("hub names: what users write, and no path hides in it") {
  const auto name = [](const std::string& s) { return parse_hub_name(s).value(); };
  CHECK(name("openai/clip-vit-base-patch32").repository == "openai/clip-vit-base-patch32");
  CHECK(name("openai/clip-vit-base-patch32").revision == "main");
  CHECK(name("hf-hub:laion/CLIP-ViT-B-32-laion2B-s34B-b79K@v1.0").revision == "v1.0");
  CHECK(name("a/b@refs/pr/1").revision == "refs/pr/1");
  CHECK(name("ViT-B-32/openai").repository == "timm/vit_base_patch32_clip_224.openai");
  CHECK(name("ViT-B-32/openai").open_clip);
  CHECK(name("ViT-B-32-quickgelu/laion400m-e32").repository == "timm/vit_base_patch32_clip_224.laion400m_e32");
  CHECK(name("ViT-SO400M-14-SigLIP-384/WebLI").repository == "timm/ViT-SO400M-14-SigLIP-384");
  CHECK(name("hf-hub:ViT-B-32/openai").repository == "ViT-B-32/openai");  // says that it is one of the hub's own
  for (const char* no : {"nano", "", "/", "a/", "/b", "a/b/c", "../b", "a/..", "a/b c", "a/b\n", ".a/b", "a--b/c", "a/b..c", "https://huggingface.co/a/b", "a/b?c", "hf-hub:a"})
    CHECK(!parse_hub_name(no));
  for (const char* bad : {"a/b@", "a/b@..", "a/b@../x", "a/b@x/../y", "a/b@/x", "a/b@x//y", "a/b@x y", "a/b@.x", "a/b@x/.y"}) check_error(ErrorKind::bad_input, "not a revision", [&] { parse_hub_name(bad); });
  for (const OpenClipWeights& w : open_clip_weights()) {
    CHECK(is_hub_repository(w.repository));
    CHECK(name(std::string(w.model) + "/" + w.tag).repository == w.repository);
  }
}

TEST_CASE("which files: safetensors before pickles, shards by their index, open_clip's where asked for") {
  const std::string clip = "{\"model_type\": \"clip\"}", timm = "{\"architecture\": \"vit_base\"}";
  const auto first = [&](std::set<std::string> names, const std::string& config, bool open_clip = false) {
    const WeightChoice c = choose_weights(names, config, open_clip, "x");
    return (c.index.empty() ? c.files.at(0) : c.index) + (c.pickled ? " pickled" : "");
  };
  CHECK(first({"model.safetensors", "pytorch_model.bin", "open_clip_config.json", "open_clip_model.safetensors"}, clip) == "model.safetensors");
  CHECK(first({"model.safetensors", "open_clip_config.json", "open_clip_model.safetensors"}, clip, true) == "open_clip_model.safetensors");
  CHECK(first({"model.safetensors", "open_clip_config.json", "open_clip_model.safetensors"}, timm) == "open_clip_model.safetensors");
  CHECK(first({"model.safetensors.index.json", "model-1.safetensors", "model-2.safetensors"}, clip) == "model.safetensors.index.json");
  CHECK(first({"open_clip_config.json", "open_clip_pytorch_model.safetensors"}, "") == "open_clip_pytorch_model.safetensors");
  CHECK(first({"pytorch_model.bin", "optimizer.pt"}, clip) == "pytorch_model.bin pickled");
  CHECK(first({"open_clip_config.json", "open_clip_pytorch_model.bin"}, "") == "open_clip_pytorch_model.bin pickled");
  CHECK(first({"weights.safetensors", "pytorch_model.bin"}, clip) == "weights.safetensors");
  CHECK(first({"pytorch_model.bin.index.json"}, clip) == "pytorch_model.bin.index.json pickled");
  check_error(ErrorKind::bad_input, "no weights", [&] { first({"tf_model.h5", "a.bin", "b.bin"}, clip); });
  CHECK(first({"model.safetensors"}, "") == "model.safetensors");  // for `inspect`, or a configuration that the user has
  CHECK(first({"model.safetensors"}, "{") == "model.safetensors");
  CHECK(shards_of("{\"weight_map\": {\"a\": \"2.safetensors\", \"b\": \"1.safetensors\", \"c\": \"2.safetensors\"}}", "x") == std::vector<std::string>{"1.safetensors", "2.safetensors"});
  for (const char* evil : {"../evil", "/etc/passwd", "a/b", "..", "", "a\\\\b", "a\\u0000b", "a\\nb"})
    check_error(ErrorKind::bad_input, "shard", [&] { shards_of("{\"weight_map\": {\"a\": \"" + std::string(evil) + "\"}}", "x"); });
}

TEST_CASE("download: the hub's own layout, the needed files alone, and once") {
  if (!have_curl()) return;
  FakeHub hub;
  fill_with_model(hub, 200000);
  TempFolder t;
  const HubSettings s = hub.settings(t / "hub");
  const HubDownload d = fetch(hub, s);
  const std::string base = t / "hub/models--some-org--tiny-clip";
  CHECK(d.folder == base + "/snapshots/" + hub.commit);
  CHECK(read_text_file(base + "/refs/main") == hub.commit);
  CHECK(names_in(d.folder) == std::set<std::string>{"config.json", "preprocessor_config.json", "vocab.json", "merges.txt", "model.safetensors"});
  for (const std::string& name : names_in(d.folder)) {
    CHECK(fs::read_symlink(d.folder + "/" + name) == "../../blobs/" + hub.digest_of(name));
    CHECK(read_text_file(d.folder + "/" + name) == hub.files.at(name));
  }
  CHECK(names_in(base + "/blobs").size() == 5);
  CHECK(!d.pickled);
  CHECK(d.fetched_bytes > 200000);
  CHECK(names_in(t / "hub") == std::set<std::string>{".locks", "models--some-org--tiny-clip"});
  for (const std::string& lock : names_in(t / "hub/.locks/models--some-org--tiny-clip")) CHECK(lock.ends_with(".lock"));
  hub.server.forget_requests(), hub.cdn.forget_requests();
  CHECK(fetch(hub, s).fetched_bytes == 0);  // once more: one question, no file
  CHECK(hub.server.requests().size() == 1);
  CHECK(hub.cdn.requests().empty());
  HubSettings offline = s;
  offline.offline = true, offline.endpoint = "http://127.0.0.1:1";
  CHECK(fetch(hub, offline).folder == d.folder);
  CHECK(fetch(hub, offline, hub.repository + "@" + hub.commit).folder == d.folder);
  fs::remove(base + "/blobs/" + hub.digest_of("model.safetensors"));
  check_error(ErrorKind::network, "in the cache at", [&] { fetch(hub, offline); });
  check_error(ErrorKind::network, "HF_HUB_OFFLINE", [&] { fetch(hub, offline, "some/other"); });
  CHECK(fetch(hub, s).fetched_bytes == 200000);  // and what was lost comes back
  CHECK(whole(hub, s.cache));
  fs::resize_file(base + "/blobs/" + hub.digest_of("vocab.json"), 3);
  fetch(hub, s);
  CHECK(whole(hub, s.cache));
  {  // damaged without a change of size: found when asked to look
    std::fstream blob(base + "/blobs/" + hub.digest_of("model.safetensors"), std::ios::in | std::ios::out);
    blob << "x";
  }
  HubSettings look = s;
  look.verify = true;
  CHECK(!whole(hub, s.cache));
  CHECK(fetch(hub, look).fetched_bytes == 200000);
  CHECK(whole(hub, s.cache));
}

TEST_CASE("download: a new commit, a branch with a slash, a tag, a commit; old snapshots stay") {
  if (!have_curl()) return;
  FakeHub hub;
  fill_with_model(hub, 50000);
  TempFolder t;
  const HubSettings s = hub.settings(t / "hub");
  const std::string first = fetch(hub, s).folder;
  hub.commit = std::string(39, 'b') + "2", hub.files["config.json"] = "{\"model_type\": \"clip\", \"v\": 2}";
  hub.server.forget_requests(), hub.cdn.forget_requests();
  const HubDownload second = fetch(hub, s);
  CHECK(second.folder != first);
  CHECK(hub.cdn.requests().empty());  // the weights are the same blob
  CHECK(second.fetched_bytes == static_cast<int64_t>(hub.files["config.json"].size()));
  CHECK(read_text_file(first + "/config.json") == "{\"model_type\": \"clip\"}");
  CHECK(whole(hub, s.cache));
  hub.branch = "refs/pr/7";
  CHECK(fetch(hub, s, hub.repository + "@refs/pr/7").folder == second.folder);
  CHECK(read_text_file(t / "hub/models--some-org--tiny-clip/refs/refs/pr/7") == hub.commit);
  CHECK(fetch(hub, s, hub.repository + "@" + hub.commit).folder == second.folder);
  CHECK(names_in(t / "hub/models--some-org--tiny-clip/refs") == std::set<std::string>{"main", "refs"});
  check_error(ErrorKind::network, "answers 404", [&] { fetch(hub, s, hub.repository + "@no-such-branch"); });
  // A snapshot that Python began: a file it has is kept, what is missing is added.
  const std::string link = second.folder + "/model.safetensors";
  fs::remove(link);
  fs::remove(second.folder + "/vocab.json");
  std::ofstream(second.folder + "/README.md") << hub.files["README.md"];
  fetch(hub, s, hub.repository + "@refs/pr/7");
  CHECK(fs::is_symlink(link));
  CHECK(whole(hub, s.cache, "refs/pr/7"));
}

TEST_CASE("download: shards, open_clip's folders, pickles only where there is nothing else") {
  if (!have_curl()) return;
  FakeHub hub;
  fill_with_model(hub, 9000);
  hub.files.erase("model.safetensors");
  hub.files["model.safetensors.index.json"] = "{\"weight_map\": {\"a\": \"model-1.safetensors\", \"b\": \"model-2.safetensors\"}}";
  hub.files["model-1.safetensors"] = bytes_of_noise(5000, 5), hub.files["model-2.safetensors"] = bytes_of_noise(7000, 6), hub.files["model-3.safetensors"] = "not asked for";
  TempFolder t;
  const HubDownload sharded = fetch(hub, hub.settings(t / "a"));
  CHECK(names_in(sharded.folder).count("model-2.safetensors") == 1);
  CHECK(names_in(sharded.folder).count("model-3.safetensors") == 0);
  CHECK(whole(hub, t / "a"));
  hub.files["model.safetensors.index.json"] = "{\"weight_map\": {\"a\": \"../../../../evil\"}}";
  check_error(ErrorKind::bad_input, "../../../../evil", [&] { fetch(hub, hub.settings(t / "b")); });
  hub.files["model.safetensors.index.json"] = "{\"weight_map\": {\"a\": \"model-9.safetensors\"}}";
  check_error(ErrorKind::bad_input, "model-9.safetensors", [&] { fetch(hub, hub.settings(t / "b")); });
  CHECK(nothing_visible(hub, t / "b"));
  hub.files.erase("model.safetensors.index.json"), hub.files.erase("model-1.safetensors"), hub.files.erase("model-2.safetensors"), hub.files.erase("model-3.safetensors");
  const HubDownload pickled = fetch(hub, hub.settings(t / "c"));
  CHECK(pickled.pickled);
  CHECK(names_in(pickled.folder).count("pytorch_model.bin") == 1);
  hub.repository = "timm/vit_base_patch32_clip_224.openai";
  hub.files = {{"open_clip_config.json", "{}"}, {"open_clip_model.safetensors", bytes_of_noise(5000, 7)}, {"open_clip_pytorch_model.bin", bytes_of_noise(5000, 8)}, {"tokenizer.json", "{}"}};
  const HubDownload open_clip = fetch(hub, hub.settings(t / "d"), "ViT-B-32/openai");
  CHECK(names_in(open_clip.folder) == std::set<std::string>{"open_clip_config.json", "open_clip_model.safetensors", "tokenizer.json"});
}

TEST_CASE("download: a listing without digests, chunked answers; what cannot be checked is refused") {
  if (!have_curl()) return;
  FakeHub hub;
  fill_with_model(hub, 100000);
  hub.listing_says_digests = false;
  TempFolder t;
  fetch(hub, hub.settings(t / "a"));
  CHECK(whole(hub, t / "a"));
  hub.fault = [](const ServerRequest&, ServerReply& r) { r.chunked = true, r.piece = 7; };
  hub.cdn_fault = [](const ServerRequest&, ServerReply& r) { r.chunked = true; };
  fetch(hub, hub.settings(t / "b"));
  CHECK(whole(hub, t / "b"));
  hub.fault = [](const ServerRequest& q, ServerReply& r) {  // a mirror that knows the plain question alone
    if (q.target.find("?") != std::string::npos) r.status = 404;
  };
  fetch(hub, hub.settings(t / "d"));
  CHECK(whole(hub, t / "d"));
  hub.fault = nullptr, hub.dates_etags = true;
  check_error(ErrorKind::network, "could not be checked", [&] { fetch(hub, hub.settings(t / "c")); });
  CHECK(nothing_visible(hub, t / "c"));
}

TEST_CASE("download: the token goes to the hub and nowhere else; refusals say what to do") {
  if (!have_curl()) return;
  FakeHub hub;
  fill_with_model(hub, 20000);
  hub.token = "hf_secret";
  TempFolder t;
  HubSettings s = hub.settings(t / "hub");
  check_error(ErrorKind::network, "set HF_TOKEN", [&] { fetch(hub, s); });
  s.token = "hf_wrong";
  check_error(ErrorKind::network, "may not see it", [&] { fetch(hub, s); });
  CHECK(message_of([&] { fetch(hub, s); }).find("hf_wrong") == std::string::npos);
  s.token = "hf_secret";
  hub.server.forget_requests(), hub.cdn.forget_requests();
  fetch(hub, s);
  for (const ServerRequest& q : hub.server.requests()) CHECK(q.header("authorization") == "Bearer hf_secret");
  CHECK(!hub.cdn.requests().empty());
  for (const ServerRequest& q : hub.cdn.requests()) CHECK(q.header("authorization").empty());
}

TEST_CASE("download: the token of a login is found as Python finds it, and stays with the hub") {
  struct Variable {   // set, or not set, while it lives
    const char* name;
    std::optional<std::string> before;
    Variable(const char* n, const std::optional<std::string>& value) : name(n) {
      if (const char* old = std::getenv(n)) before = old;
      value ? ::setenv(n, value->c_str(), 1) : ::unsetenv(n);
    }
    ~Variable() { before ? ::setenv(name, before->c_str(), 1) : ::unsetenv(name); }
  };
  const TempFolder t;
  const Variable home("HOME", t.str()), hf_home("HF_HOME", {}), xdg("XDG_CACHE_HOME", {}), path("HF_TOKEN_PATH", {}), env("HF_TOKEN", {}), old_env("HUGGING_FACE_HUB_TOKEN", {}),
      implicit("HF_HUB_DISABLE_IMPLICIT_TOKEN", {}), cache("HF_HUB_CACHE", {});
  const auto write = [&](const std::string& name, const std::string& text) {
    fs::create_directories(fs::path(t / name).parent_path());
    write_file(t / name, text);
  };
  CHECK(hub_token().empty());
  write(".cache/huggingface/token", "hf_login\n");
  CHECK(hub_token() == "hf_login");
  CHECK(hub_cache_folder() == t / ".cache/huggingface/hub");
  {
    const Variable elsewhere("XDG_CACHE_HOME", t / "xdg");
    CHECK(hub_token().empty());
    write("xdg/huggingface/token", " hf_xdg \r\n");
    CHECK(hub_token() == "hf_xdg");
    const Variable home_of_hf("HF_HOME", "~/hf");
    write("hf/token", "hf_home");
    CHECK(hub_token() == "hf_home");
    const Variable token_file("HF_TOKEN_PATH", t / "my token");
    CHECK(hub_token().empty());
    write("my token", "hf_path");
    CHECK(hub_token() == "hf_path");
    const Variable none("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
    CHECK(hub_token().empty());
    const Variable said("HF_TOKEN", "hf_variable\n");
    CHECK(hub_token() == "hf_variable");
  }
  if (!have_curl()) return;
  FakeHub hub;
  fill_with_model(hub, 20000);
  hub.token = "hf_login";
  HubSettings s = hub.settings(t / "hub");
  s.token = HubSettings::from_environment().token;
  fetch(hub, s);
  for (const ServerRequest& q : hub.server.requests()) CHECK(q.header("authorization") == "Bearer hf_login");
  CHECK(!hub.cdn.requests().empty());
  for (const ServerRequest& q : hub.cdn.requests()) CHECK(q.header("authorization").empty());
}

TEST_CASE("download: dry runs ask and write nothing") {
  if (!have_curl()) return;
  FakeHub hub;
  fill_with_model(hub, 20000);
  TempFolder t;
  HubSettings s = hub.settings(t / "hub");
  s.dry_run = true;
  const HubDownload d = fetch(hub, s);
  CHECK(d.commit == hub.commit);
  CHECK(d.files.size() == 5);
  CHECK(d.fetched_bytes > 20000);
  CHECK(!fs::exists(t / "hub"));
  s.dry_run = false;
  fetch(hub, s);
  s.dry_run = true;
  CHECK(fetch(hub, s).fetched_bytes == 0);
}

TEST_CASE("download: every answer cut at every part, and every other fault, leaves the previous or the whole") {
  if (!have_curl()) return;
  FakeHub hub;
  const auto fill = [&] {  // few files: every one of them is written through to the disk
    hub.files = {{"config.json", "{\"model_type\": \"clip\"}"}, {"vocab.json", "{\"a\": 0}"}, {"model.safetensors", bytes_of_noise(60000, 3)}};
  };
  fill();
  // Which request fails (by a part of its target), how, how often, and whether the download gets there all the same.
  struct Case {
    std::string target;
    std::function<void(ServerReply&)> spoil;
    int times;
    bool arrives;
  };
  std::vector<Case> cases;
  const auto cut = [](int64_t after) { return [after](ServerReply& r) { r.cut_after = after, r.piece = 4096; }; };
  for (const char* target : {"/api/", "config.json", "model.safetensors", "/cdn/"})
    for (const int64_t after : {0, 1, 12, 40, 120, 200, 4096, 30000, 59000}) {
      cases.push_back({target, cut(after), 1, true});
      if (after < 60) cases.push_back({target, cut(after), 1000, false});
    }
  for (const char* target : {"/api/", "vocab.json", "model.safetensors", "/cdn/"}) {
    cases.push_back({target, [](ServerReply& r) { r.status = 503, r.body = "busy", r.headers.clear(); }, 1, true});
    cases.push_back({target, [](ServerReply& r) { r.status = 503, r.body = "busy", r.headers.clear(); }, 1000, false});
    cases.push_back({target, [](ServerReply& r) { r.status = 429, r.body = "", r.headers = {{"Retry-After", "0"}}; }, 1, true});
    cases.push_back({target, [](ServerReply& r) { r.status = 429, r.body = "", r.headers = {{"Retry-After", "9999"}}; }, 1, false});
    for (const int status : {400, 401, 403, 404, 410})
      cases.push_back({target, [status](ServerReply& r) { r.status = status, r.body = "no", r.headers.clear(); }, 1000, false});
    cases.push_back({target, [](ServerReply& r) { r.reset = true, r.cut_after = 30; }, 1, true});
  }
  for (const char* target : {"config.json", "/cdn/"}) {
    cases.push_back({target, [](ServerReply& r) { r.body[r.body.size() / 2] ^= 4; }, 1000, false});        // wrong digest
    cases.push_back({target, [](ServerReply& r) { r.body += "x"; }, 1000, false});                          // wrong length
    cases.push_back({target, [](ServerReply& r) { r.body.pop_back(); }, 1000, false});
    cases.push_back({target, [](ServerReply& r) { r.announce = 10; }, 1000, false});
    cases.push_back({target, [](ServerReply& r) { r.body += "x", r.chunked = true; }, 1000, false});
  }
  cases.push_back({"/api/", [](ServerReply& r) { r.body = "{}"; }, 1000, false});
  cases.push_back({"/api/", [](ServerReply& r) { r.body = "<html>a portal of the hotel</html>"; }, 1000, false});
  cases.push_back({"/api/", [](ServerReply& r) { r.body.replace(r.body.find("aaaa"), 4, "../."); }, 1000, false});
  cases.push_back({"model.safetensors", [](ServerReply& r) { r.headers = {{"Location", "file:///etc/passwd"}}; }, 1000, false});
  for (const bool fresh : {true, false})
    for (size_t i = 0; i < cases.size(); i += fresh ? 1 : 2) {
      CAPTURE(i);
      CAPTURE(fresh);
      const Case& c = cases[i];
      TempFolder t;
      HubSettings s = hub.settings(t / "hub");
      s.http.first_wait_seconds = 0.001;
      hub.fault = hub.cdn_fault = nullptr;
      if (!fresh) {
        fill();
        hub.commit = std::string(40, 'e'), hub.files["model.safetensors"] = bytes_of_noise(50000, 9), hub.files["config.json"] += " ", hub.files["vocab.json"] += " ";
        fetch(hub, s);
      }
      fill();
      hub.commit = std::string(39, 'a') + "1";
      std::atomic<int> left{c.times};
      hub.fault = hub.cdn_fault = [&](const ServerRequest& q, ServerReply& r) {
        if (q.target.find(c.target) != std::string::npos && left-- > 0) c.spoil(r);
      };
      ErrorKind kind = ErrorKind::internal;
      std::string message = "none";
      try {
        fetch(hub, s);
      } catch (const Error& e) {
        kind = e.kind(), message = e.what();
      }
      CAPTURE(message);
      CHECK((message == "none") == c.arrives);
      if (c.arrives) {
        CHECK(whole(hub, s.cache));
      } else {
        CHECK((kind == ErrorKind::network || kind == ErrorKind::bad_input));
        if (fresh) CHECK(nothing_visible(hub, s.cache));
        else CHECK(read_text_file(t / "hub/models--some-org--tiny-clip/refs/main") == std::string(40, 'e'));
        if (!fresh) CHECK(missing_in_snapshot(find_cached_snapshot(s.cache, {hub.repository, "main", false})->folder, false).empty());
      }
      hub.fault = hub.cdn_fault = nullptr;
      fetch(hub, s);  // and then it works
      CHECK(whole(hub, s.cache));
    }
}
