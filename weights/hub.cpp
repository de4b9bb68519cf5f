#include "weights/hub.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>

#include "kernels/base/checked.h"
#include "tensor/io/file.h"
#include "tensor/io/file_lock.h"
#include "tensor/io/json.h"
#include "tensor/io/utf8.h"
#include "weights/hub_files.h"

namespace ceir {
namespace {

namespace stdfs = std::filesystem;

constexpr int64_t longest_answer = int64_t{64} << 20;  // bytes of JSON, or of a small file
constexpr int64_t spare_bytes = int64_t{1} << 20;      // links, folders

std::string without_quotes(std::string etag) {
  if (etag.starts_with("W/")) etag = etag.substr(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return etag;
}

int64_t number_of(const std::string& text) {
  char* end = nullptr;
  const long long value = std::strtoll(text.c_str(), &end, 10);
  return !text.empty() && *end == '\0' && value >= 0 ? value : -1;
}

// Listens until the hub itself (no other host) has said what the file is; takes no body.
struct ProbeSink : HttpSink {
  std::string home, etag;
  int64_t bytes = -1;
  bool head(const HttpResponse& r) override {
    if (origin_of(r.url) != home) return false;
    if (const std::string linked = without_quotes(r.header("x-linked-etag")); !linked.empty()) {
      etag = linked, bytes = number_of(r.header("x-linked-size"));
      return false;
    }
    if (r.redirects() || r.status != 200) return true;
    etag = without_quotes(r.header("etag")), bytes = r.content_length();
    return false;
  }
  void body(const char*, size_t) override {}
};

class HubSession {
 public:
  HubSession(const HubName& name, const HubSettings& s, Monitor* monitor, const std::function<void(const std::string&)>& say)
      : name_(name), s_(s), monitor_(monitor), say_(say), client_(s.http), base_(hub_repository_folder(s.cache, name.repository)),
        locks_(s.cache + "/.locks/" + stdfs::path(base_).filename().string()) {
    origin_of(s.endpoint);
  }

  HubDownload run() {
    ask();
    if (!s_.dry_run)
      for (const std::string& folder : {base_ + "/blobs", base_ + "/snapshots", base_ + "/refs", locks_}) make_folders(folder);
    std::set<std::string> names;
    for (const auto& [path, file] : offered_) names.insert(path);
    const std::string config = names.count("config.json") ? content("config.json") : "";
    WeightChoice choice = choose_weights(names, config, name_.open_clip, display());
    for (const std::string& path : hub_small_files())
      if (names.count(path)) want(path);
    if (!choice.index.empty()) {
      choice.files = shards_of(content(choice.index), display() + ": " + choice.index);
      want(choice.index);
      for (const std::string& shard : choice.files)
        if (!names.count(shard)) bad_input("{}: {} names the shard '{}', which the repository does not have", display(), choice.index, printable(shard));
    }
    for (const std::string& path : choice.files) want(path);
    result_.pickled = choice.pickled;
    result_.folder = base_ + "/snapshots/" + result_.commit;
    measure();
    if (s_.dry_run) return std::move(result_);
    for (HubFile& file : result_.files) fetch(file);
    link();
    return std::move(result_);
  }

 private:
  std::string display() const { return name_.repository; }

  HttpRequest request(const std::string& path, const std::string& what) const { return {s_.endpoint + path, what, s_.token, 0}; }
  HttpRequest request_of(const std::string& path) const {
    return request("/" + name_.repository + "/resolve/" + result_.commit + "/" + percent_encode(path, true), display() + ": " + path);
  }

  // Revision to commit, and what the repository holds.
  void ask() {
    result_.name = name_;
    const std::string what = name_.revision == "main" ? display() : display() + "@" + name_.revision;
    const std::string path = "/api/models/" + name_.repository + "/revision/" + percent_encode(name_.revision, false);
    const Json info = Json::parse(explained([&] { return listing(path, what); }), what + ": the hub's answer");
    result_.commit = info.at("sha", what).as_string(what + ": sha");
    if (!is_commit(result_.commit)) bad_input("{}: the hub's answer names the commit '{}', which is none", what, printable(result_.commit));
    for (const Json& entry : info.at("siblings", what).as_array(what + ": siblings")) {
      HubFile file;
      file.path = entry.at("rfilename", what).as_string(what + ": rfilename");
      if (!is_plain_file_name(file.path)) continue;  // sub-folders are never needed, and what else it may be is never touched
      if (const Json* size = entry.find("size"); size && size->is_int()) file.bytes = std::max<int64_t>(-1, size->as_int(what));
      if (const Json* blob = entry.find("blobId"); blob && blob->is_string() && is_hex(blob->as_string(what), 40)) file.kind = DigestKind::sha1, file.digest = blob->as_string(what);
      if (const Json* lfs = entry.find("lfs"); lfs && lfs->is_object()) {
        std::string oid = lfs->has("sha256") ? lfs->get("sha256", "", what) : lfs->get("oid", "", what);
        if (oid.starts_with("sha256:")) oid = oid.substr(7);
        file.kind = DigestKind::sha256, file.digest = is_hex(oid, 64) ? oid : "";
        file.bytes = std::max<int64_t>(-1, lfs->get("size", file.bytes, what));
      }
      offered_[file.path] = file;
    }
  }

  // With sizes and digests; a mirror that does not know the question may know the plain one.
  std::string listing(const std::string& path, const std::string& what) {
    try {
      return client_.text(request(path + "?blobs=true", what), longest_answer);
    } catch (const HttpError& e) {
      if (e.status() != 400 && e.status() != 404) throw;
      return client_.text(request(path, what), longest_answer);
    }
  }

  // Refusals in words that help: the hub answers 401 for what does not exist, lest it tell what is private.
  template <class Call>
  auto explained(const Call& call) -> decltype(call()) {
    try {
      return call();
    } catch (const HttpError& e) {
      if (e.status() != 401 && e.status() != 403 && e.status() != 404) throw;
      throw HttpError(fmt::format("{}; check the name and the revision, and if it is private or gated: accept its terms at {}/{} and set HF_TOKEN or log in with `hf auth login`{}", e.what(), s_.endpoint,
                                  name_.repository, s_.token.empty() ? "" : " (the one that is set may not see it)"), false, -1, e.status());
    }
  }

  // What the listing left out is asked of the file's own address.
  HubFile& known(const std::string& path) {
    HubFile& file = offered_.at(path);
    if (!file.digest.empty()) return file;
    const HttpRequest r = request_of(path);
    HttpRetry retry(s_.http);
    while (true) {
      try {
        ProbeSink sink;
        sink.home = origin_of(r.url);
        const HttpResponse response = client_.get(r, sink);
        if (sink.etag.empty() && response.status >= 400) throw status_error(response, r.what);
        if (!is_hex(sink.etag, 64) && !is_hex(sink.etag, 40))
          throw HttpError(fmt::format("{}: {} says neither its SHA-256 nor git's name for it, so it could not be checked; is HF_ENDPOINT a hub?", r.what, sink.home), false);
        file.digest = sink.etag, file.kind = sink.etag.size() == 64 ? DigestKind::sha256 : DigestKind::sha1;
        if (sink.bytes >= 0) file.bytes = sink.bytes;
        return file;
      } catch (const HttpError& e) {
        explained([&] { retry.after(e, false); });
      }
    }
  }

  void want(const std::string& path) { result_.files.push_back(known(path)); }

  FetchJob job_of(const HubFile& file) const {
    FetchJob job;
    job.request = request_of(file.path);
    job.path = base_ + "/blobs/" + file.digest;
    job.incomplete = job.path + ".incomplete";
    job.lock = locks_ + "/" + file.digest + ".lock";
    job.bytes = file.bytes, job.kind = file.kind, job.git_blob = file.kind == DigestKind::sha1, job.digest = file.digest;
    return job;
  }

  // A small file's bytes, checked, before anything else is decided: from the cache, else the hub.
  std::string content(const std::string& path) {
    HubFile& file = known(path);
    if (!s_.dry_run) fetch(file);
    const std::string blob = job_of(file).path;
    if (size_of_file(blob) >= 0) return read_text_file(blob, longest_answer);
    return checked_text(file);
  }

  std::string checked_text(HubFile& file) {
    const HttpRequest r = request_of(file.path);
    std::string text = explained([&] { return client_.text(r, longest_answer); });
    Digest d = file.kind == DigestKind::sha1 ? git_blob_digest(static_cast<int64_t>(text.size())) : Digest(file.kind);
    if (const std::string got = d.update(text).hex(); got != file.digest)
      throw HttpError(fmt::format("{}: its {} is {}, expected {}; nothing of it was kept: try again", r.what, name_of(file.kind), got, file.digest), false);
    file.bytes = static_cast<int64_t>(text.size());
    return text;
  }

  void fetch(HubFile& file) {
    FetchJob job = job_of(file);
    const auto waiting = [&] { say_(fmt::format("{}: another process is fetching it; waiting", job.request.what)); };
    if (job.git_blob && job.bytes < 0 && size_of_file(job.path) < 0) {  // git's digest begins with the size: whole or not at all
      const std::string text = checked_text(file);
      const FileLock lock(job.lock, waiting);
      if (size_of_file(job.path) < 0) replace(job.incomplete, job.path, text);
      file.state = Fetched::whole, result_.fetched_bytes += file.bytes;
      return;
    }
    if (job.git_blob && job.bytes < 0) job.bytes = size_of_file(job.path);
    const int64_t had = std::max<int64_t>(0, size_of_file(job.incomplete));
    const FetchProgress progress = [&](int64_t done) { show(std::max<int64_t>(0, done - had)); };
    const Fetched state = explained([&] { return fetch_file(client_, job, s_.verify && !checked_.count(file.digest), progress, waiting); });
    const int64_t bytes = size_of_file(job.path);
    checked_.insert(file.digest);
    if (state != Fetched::was_there) {
      file.state = state, file.bytes = bytes;
      result_.fetched_bytes += state == Fetched::resumed ? std::max<int64_t>(0, bytes - had) : bytes;
      for (auto& [path, offered] : offered_)
        if (offered.digest == file.digest) offered.state = state;
    } else if (file.state == Fetched::whole && !fetched_.count(file.digest)) {
      file.state = Fetched::was_there;
    }
    if (state != Fetched::was_there) fetched_.insert(file.digest);
    if (state != Fetched::was_there) finished_ += std::max<int64_t>(0, bytes - had);
  }

  // How much there is to do; refused now if the disk cannot take it.
  void measure() {
    int64_t missing = 0;
    for (HubFile& file : result_.files) {
      const FetchJob job = job_of(file);
      const int64_t there = size_of_file(job.path);
      const bool whole = there >= 0 && (file.bytes < 0 || there == file.bytes);
      if (whole && file.bytes < 0) file.bytes = there;
      if (s_.dry_run) file.state = whole ? Fetched::was_there : Fetched::whole;
      if (whole) continue;
      const int64_t had = std::max<int64_t>(0, size_of_file(job.incomplete)), left = std::max<int64_t>(0, file.bytes - had);
      missing = checked_add(missing, left, display()), total_ = checked_add(total_, std::max<int64_t>(0, file.bytes), display()), had_ += std::min(had, std::max<int64_t>(0, file.bytes));
    }
    finished_ = 0;
    if (!s_.dry_run) show(0);  // what earlier runs left counts as done, and not towards the rate
    if (s_.dry_run) result_.fetched_bytes = missing;
    std::string folder = base_;
    while (!stdfs::exists(folder) && stdfs::path(folder).has_parent_path() && stdfs::path(folder).parent_path() != folder) folder = stdfs::path(folder).parent_path().string();
    if (missing > 0) require_free_space(folder, checked_add(missing, spare_bytes, display()), display());
  }

  void show(int64_t arrived_of_this) {
    if (total_ > 0) report(monitor_, "download " + display(), std::min(had_ + finished_ + arrived_of_this, total_), total_, "bytes");
  }

  // Written beside and renamed. The name beside lies among the locks: blobs/ and refs/ hold nothing but their own.
  void replace(const std::string& beside, const std::string& path, const std::string& text) const {
    write_file(beside, text);
    if (::rename(beside.c_str(), path.c_str()) != 0) bad_input("{}: cannot be written: {}", printable(path, 4096), std::strerror(errno));
  }

  static void make_link(const std::string& target, const std::string& at) {
    if (::symlink(target.c_str(), at.c_str()) != 0) {
      const int e = errno;
      fail(e == ENOSPC || e == EDQUOT ? ErrorKind::resource : ErrorKind::bad_input, "{}: the link cannot be made: {}; HF_HUB_CACHE can name a folder in another file system",
           printable(at, 4096), std::strerror(e));
    }
  }

  // Everything is there: the snapshot appears in one step, then the ref points to it.
  void link() {
    const FileLock lock(locks_ + "/" + result_.commit + ".lock");
    const std::string beside = locks_ + "/" + result_.commit + ".partial";
    std::error_code ignored;
    stdfs::remove_all(beside, ignored);
    const bool fresh = !stdfs::exists(stdfs::symlink_status(result_.folder, ignored));
    if (fresh) make_folders(beside);
    for (const HubFile& file : result_.files) {
      const std::string target = "../../blobs/" + file.digest, at = result_.folder + "/" + file.path;
      if (fresh) make_link(target, beside + "/" + file.path);
      else if (stdfs::read_symlink(at, ignored) != target) {
        make_link(target, beside);  // the snapshot exists in part, from Python or another choice of files: link by link
        if (::rename(beside.c_str(), at.c_str()) != 0) bad_input("{}: cannot be made: {}", printable(at, 4096), std::strerror(errno));
      }
    }
    if (fresh && ::rename(beside.c_str(), result_.folder.c_str()) != 0) bad_input("{}: cannot be made: {}", printable(result_.folder, 4096), std::strerror(errno));
    if (name_.revision == result_.commit) return;
    const std::string ref = base_ + "/refs/" + name_.revision;
    make_folders(stdfs::path(ref).parent_path().string());
    if (size_of_file(ref) != 40 || read_text_file(ref) != result_.commit) replace(locks_ + "/" + result_.commit + ".ref", ref, result_.commit);
  }

  const HubName& name_;
  const HubSettings& s_;
  Monitor* monitor_;
  const std::function<void(const std::string&)>& say_;
  HttpClient client_;
  std::string base_, locks_;
  std::map<std::string, HubFile> offered_;
  HubDownload result_;
  std::set<std::string> checked_, fetched_;
  int64_t total_ = 0, had_ = 0, finished_ = 0;  // bytes: of the files that are not there; of those from before; arrived now
};

HubDownload from_cache_alone(const HubName& name, const HubSettings& s) {
  const auto snapshot = find_cached_snapshot(s.cache, name);
  const auto absent = [&](const std::string& why) {
    fail(ErrorKind::network, "{}: {} {}, and the network may not be used (--offline or HF_HUB_OFFLINE); run the same command online once", name.repository, why,
         printable(hub_repository_folder(s.cache, name.repository), 4096));
  };
  if (!snapshot) absent("not in the cache at");
  WeightChoice choice;
  if (const std::string missing = missing_in_snapshot(snapshot->folder, name.open_clip, &choice); !missing.empty()) absent(printable(missing, 300) + " in the cache at");
  HubDownload d{name, snapshot->commit, snapshot->folder, {}, 0, choice.pickled};
  return d;
}

}  // namespace

HubSettings HubSettings::from_environment() {
  HubSettings s;
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value ? value : "");
  };
  if (const std::string e = variable("HF_ENDPOINT"); !e.empty()) s.endpoint = e;
  while (s.endpoint.ends_with('/')) s.endpoint.pop_back();
  s.token = hub_token();
  s.cache = hub_cache_folder();
  s.offline = offline_by_environment();
  s.http = HttpSettings::from_environment();
  return s;
}

HubDownload download_from_hub(const HubName& name, const HubSettings& settings, Monitor* monitor, const std::function<void(const std::string&)>& say) {
  if (settings.offline) return from_cache_alone(name, settings);
  return HubSession(name, settings, monitor, say).run();
}

}  // namespace ceir
