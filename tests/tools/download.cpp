// ceir download as a user runs it, against a hub on the loopback.
#include <doctest/doctest.h>
#include <sys/mount.h>

#include "data/dataset_homes.h"
#include "tensor/io/file.h"
#include "tensor/io/json.h"
#include "tests/fake_hub.h"
#include "tests/scratch.h"
#include "tests/tools/process.h"
#include "weights/hub_files.h"

using namespace ceir;
using namespace ceir::test;
namespace fs = std::filesystem;

namespace {

using Variables = std::vector<std::pair<std::string, std::string>>;

struct Setting {
  FakeHub hub;
  TempFolder t;
  std::string cache = t / "hub";

  ProcessOptions options(Variables more = {}) const {
    ProcessOptions o;
    o.environment = {{"HF_ENDPOINT", hub.server.url()}, {"HF_HUB_CACHE", cache}, {"HF_TOKEN", ""}, {"HF_HUB_DISABLE_IMPLICIT_TOKEN", "1"}, {"HF_HUB_OFFLINE", ""}, {"HF_HUB_DOWNLOAD_TIMEOUT", "2"},
                     {"CEIR_HTTP_ATTEMPTS", "2"}, {"XDG_CACHE_HOME", t / "xdg"}, {"CEIR_DATA_ENDPOINT", hub.server.url() + "/data"}};
    for (auto& v : more) o.environment.push_back(std::move(v));
    return o;
  }
  Finished run(const std::vector<std::string>& arguments, const ProcessOptions& o) const {
    std::vector<std::string> all{"download"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return ceir_process(all, o);
  }
  Finished download(const std::vector<std::string>& arguments, Variables more = {}) const { return run(arguments, options(std::move(more))); }

  bool visible() const { return find_cached_snapshot(cache, {hub.repository, "main", false}).has_value(); }
  bool whole() const {
    const auto snapshot = find_cached_snapshot(cache, {hub.repository, "main", false});
    if (!snapshot || !missing_in_snapshot(snapshot->folder, false).empty()) return false;
    for (const auto& e : fs::directory_iterator(snapshot->folder))
      if (slurp(e.path().string()) != hub.files.at(e.path().filename().string())) return false;
    return true;
  }
};

// About a fifth of a second for the weights.
void slow_down(FakeHub& hub) {
  hub.cdn_fault = [](const ServerRequest&, ServerReply& r) { r.piece = 1 << 13, r.wait_ms = 1; };
}

}  // namespace

TEST_CASE("ceir download: the folder on stdout, JSON, a second time, offline, dry") {
  if (!have_curl()) return;
  Setting s;
  fill_with_model(s.hub, 100000);
  const Finished dry = s.download({"some-org/tiny-clip", "--dry-run"});
  CHECK(dry.code == 0);
  CHECK(dry.err.find("to fetch      model.safetensors") != std::string::npos);
  CHECK(!fs::exists(s.cache));
  const Finished before = s.download({"some-org/tiny-clip", "--offline"});
  CHECK(before.code == 6);
  CHECK(one_sentence(before.err));
  CHECK(s.hub.server.requests().size() > 0);
  const Finished first = s.download({"hf-hub:some-org/tiny-clip"});
  CHECK(first.code == 0);
  CHECK(first.out == s.cache + "/models--some-org--tiny-clip/snapshots/" + s.hub.commit + "\n");
  CHECK(s.whole());
  s.hub.server.forget_requests();
  const Finished offline = s.download({"some-org/tiny-clip", "--json"}, {{"HF_HUB_OFFLINE", "1"}});
  CHECK(offline.code == 0);
  CHECK(s.hub.server.requests().empty());
  const Finished again = s.download({"some-org/tiny-clip", "--json", "--revision", "main"});
  const Json json = Json::parse(again.out, "stdout");
  CHECK(json.at("commit", "x").as_string("x") == s.hub.commit);
  CHECK(json.at("bytes_fetched", "x").as_int("x") == 0);
  CHECK(json.at("files", "x").as_array("x").size() == 5);
  // The model's user is told about `ceir download`, and a broken model is not the network's fault.
  const Finished absent = ceir_process({"tokenize", "--model", "some-org/other"}, s.options());
  CHECK(absent.code == 6);
  CHECK(absent.err.find("`ceir download some-org/other`") != std::string::npos);
  const Finished by_tag = ceir_process({"tokenize", "--model", "ViT-B-32/openai"}, s.options());
  CHECK(by_tag.code == 6);
  CHECK(by_tag.err.find("`ceir download ViT-B-32/openai`") != std::string::npos);
}

TEST_CASE("ceir download: every refusal is one sentence and the right exit code") {
  if (!have_curl()) return;
  Setting s;
  fill_with_model(s.hub, 100000);
  const auto refused = [&](int code, const std::vector<std::string>& arguments, const std::string& part, Variables more = {}) {
    const Finished f = s.download(arguments, std::move(more));
    CAPTURE(f.err);
    CHECK(f.code == code);
    CHECK(f.out.empty());
    CHECK(one_sentence(f.err));
    CHECK(f.err.find(part) != std::string::npos);
    CHECK(!s.visible());
  };
  refused(2, {"not a name"}, "neither a model on the hub");
  refused(2, {"a/b/c"}, "neither a model on the hub");
  refused(2, {"some-org/tiny-clip", "--revision", "../x"}, "is not a branch");
  refused(2, {"some-org/tiny-clip@v1", "--revision", "v2"}, "different revisions");
  refused(2, {"some-org/tiny-clip"}, "HF_HUB_DOWNLOAD_TIMEOUT", {{"HF_HUB_DOWNLOAD_TIMEOUT", "soon"}});
  refused(6, {"some-org/unknown"}, "check the name");
  refused(6, {"some-org/tiny-clip"}, "http://127.0.0.1:1", {{"HF_ENDPOINT", "http://127.0.0.1:1"}});
  refused(3, {"some-org/tiny-clip"}, "not an http", {{"HF_ENDPOINT", "ftp://127.0.0.1"}});
  s.hub.token = "hf_secret";
  refused(6, {"some-org/tiny-clip"}, "HF_TOKEN");
  s.hub.token = "";
  s.hub.cdn_fault = [](const ServerRequest&, ServerReply& r) { r.body[0] ^= 1; };
  refused(6, {"some-org/tiny-clip"}, "SHA-256");
  s.hub.cdn_fault = [](const ServerRequest&, ServerReply& r) { r.cut_after = 10, r.stall = true; };
  refused(6, {"some-org/tiny-clip"}, "sent nothing for 1 s", {{"HF_HUB_DOWNLOAD_TIMEOUT", "1"}, {"CEIR_HTTP_ATTEMPTS", "1"}});
  s.hub.cdn_fault = [](const ServerRequest&, ServerReply& r) { r.status = 429, r.headers = {{"Retry-After", "600"}}; };
  refused(6, {"some-org/tiny-clip"}, "try again in 600 s");
  s.hub.cdn_fault = nullptr;
  s.hub.files.erase("model.safetensors"), s.hub.files.erase("pytorch_model.bin");
  refused(3, {"some-org/tiny-clip"}, "no weights");
  refused(6, {"cifar10"}, "404");
  refused(6, {"cifar10", "--offline"}, "network may not be used");
  refused(2, {"cifar10", "--revision", "main"}, "data set");
  CHECK(s.download({"stl10", "--dry-run"}).code == 0);
  CHECK(!fs::exists(s.t / "xdg/ceir/datasets/cifar10"));
}

TEST_CASE("ceir download: a pickled model comes with the line that converts it") {
  if (!have_curl()) return;
  Setting s;
  fill_with_model(s.hub, 5000);
  s.hub.files.erase("model.safetensors");
  const Finished f = s.download({"some-org/tiny-clip"});
  CHECK(f.code == 0);
  CHECK(f.err.find("ceir convert " + f.out.substr(0, f.out.size() - 1) + " tiny-clip") != std::string::npos);
}

TEST_CASE("ceir download: killed at 50 random moments and started again, it ends with the right bytes") {
  if (!have_curl()) return;
  Setting s;
  fill_with_model(s.hub, 1000000);
  slow_down(s.hub);
  Random random(11, "kill", 0);
  int killed = 0, finished = 0;
  for (int i = 0; i < 400 && killed < 50; i++) {
    ProcessOptions o = s.options();
    o.signal = SIGKILL, o.signal_after_ms = static_cast<int>(random.below(130));
    const Finished f = s.run({"some-org/tiny-clip"}, o);
    const bool ended = f.code == 0;
    CHECK((ended || f.code == 128 + SIGKILL));
    killed += !ended;
    if (s.visible()) CHECK(s.whole());  // never half of it
    if (!ended) continue;
    CHECK(s.whole());
    finished++;
    fs::remove_all(s.cache);
  }
  CHECK(killed == 50);
  CHECK(finished > 0);  // the kills fell into resumed downloads too
  CHECK(s.download({"some-org/tiny-clip"}).code == 0);
  CHECK(s.whole());
  for (const auto& e : fs::recursive_directory_iterator(s.cache)) {  // nothing unfinished is left
    const std::string name = e.path().filename().string();
    CHECK((!name.ends_with(".incomplete") && !name.ends_with(".partial") && !name.ends_with(".ref")));
  }
}

TEST_CASE("ceir download: Ctrl-C is 130, and the next run goes on") {
  if (!have_curl()) return;
  Setting s;
  fill_with_model(s.hub, 1000000);
  s.hub.cdn_fault = [](const ServerRequest&, ServerReply& r) { r.piece = 1 << 13, r.wait_ms = 20; };
  ProcessOptions o = s.options();
  o.signal_after_ms = 400;
  const Finished f = s.run({"some-org/tiny-clip"}, o);
  CHECK(f.code == 130);
  CHECK(!s.visible());
  slow_down(s.hub);
  const Finished rest = s.download({"some-org/tiny-clip", "--json"});
  CHECK(rest.code == 0);
  CHECK(s.whole());
  CHECK(rest.out.find("\"resumed\"") != std::string::npos);
}

TEST_CASE("ceir download: two at once fetch once") {
  if (!have_curl()) return;
  Setting s;
  fill_with_model(s.hub, 1000000);
  slow_down(s.hub);
  std::vector<Finished> ends(4);
  {
    std::vector<std::jthread> threads;
    for (Finished& f : ends) threads.emplace_back([&] { f = s.download({"some-org/tiny-clip"}); });
  }
  for (const Finished& f : ends) CHECK(f.code == 0);
  CHECK(s.whole());
  CHECK(s.hub.cdn.requests().size() == 1);
}

TEST_CASE("ceir download: a full disk is exit 5; with room again it goes on") {
  if (!have_curl()) return;
  Setting s;
  fill_with_model(s.hub, 1000000);
  ProcessOptions o = s.options();
  o.longest_file = 300000;
  const Finished f = s.run({"some-org/tiny-clip"}, o);
  CAPTURE(f.err);
  CHECK(f.code == 5);
  CHECK(one_sentence(f.err));
  CHECK(f.err.find("make room") != std::string::npos);
  CHECK(!s.visible());
  const Finished rest = s.download({"some-org/tiny-clip", "--json"});
  CHECK(rest.code == 0);
  CHECK(rest.out.find("\"resumed\"") != std::string::npos);
  CHECK(s.whole());
  // A real small disk, where a test may mount one.
  const std::string disk = s.t / "disk";
  fs::create_directories(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=600k") != 0) {
    MESSAGE("no tmpfs can be mounted here");
    return;
  }
  const auto small = [&](const std::string& part) {
    const Finished full = s.download({"some-org/tiny-clip"}, {{"HF_HUB_CACHE", disk + "/hub"}});
    CAPTURE(full.err);
    CHECK(full.code == 5);
    CHECK(one_sentence(full.err));
    CHECK(full.err.find(part) != std::string::npos);
    CHECK(!find_cached_snapshot(disk + "/hub", {s.hub.repository, "main", false}));
  };
  small("free in");  // told before anything is fetched
  s.hub.listing_says_digests = false;
  s.hub.fault = [](const ServerRequest&, ServerReply& r) { std::erase_if(r.headers, [](const auto& h) { return h.first == "X-Linked-Size"; }); };
  small("make room");  // nobody knew the size
  ::umount(disk.c_str());
}
