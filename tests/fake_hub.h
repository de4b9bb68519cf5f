// A hub on the loopback: its API, small files from itself, large ones by a redirect to another host (localhost against
// 127.0.0.1, another port), as huggingface.co and its content network do.
#pragma once
#include <string>

#include "tensor/io/digest.h"
#include "tests/http_server.h"
#include "weights/hub.h"

namespace ceir::test {

struct FakeHub {
  std::string repository = "some-org/tiny-clip", commit = std::string(39, 'a') + "1", branch = "main";
  std::map<std::string, std::string> files;
  size_t large = 4096;            // bytes from which a file is "LFS"
  std::string token;              // needed when not empty
  bool listing_says_digests = true, dates_etags = false;
  std::function<void(const ServerRequest&, ServerReply&)> fault;  // changes a reply; called from the servers' threads
  std::function<void(const ServerRequest&, ServerReply&)> cdn_fault;

  HttpServer cdn{[this](const ServerRequest& q) {
    ServerReply r;
    for (const auto& [path, content] : files)
      if (q.target == "/cdn/" + sha256_of(content)) r.body = content;
    if (r.body.empty()) r.status = 404;
    r.headers.emplace_back("ETag", "\"an-md5-of-the-store\"");
    if (cdn_fault) cdn_fault(q, r);
    return r;
  }};
  HttpServer server{[this](const ServerRequest& q) {
    ServerReply r = answer(q);
    if (fault) fault(q, r);
    return r;
  }};

  static std::string git_name(const std::string& content) { return git_blob_digest(static_cast<int64_t>(content.size())).update(content).hex(); }
  bool is_large(const std::string& content) const { return content.size() >= large; }
  std::string digest_of(const std::string& path) const { return is_large(files.at(path)) ? sha256_of(files.at(path)) : git_name(files.at(path)); }

  std::string listing() const {
    std::string s = "{\"id\": \"" + repository + "\", \"private\": false, \"sha\": \"" + commit + "\", \"siblings\": [";
    bool first = true;
    for (const auto& [path, content] : files) {
      s += std::string(first ? "" : ", ") + "{\"rfilename\": \"" + path + "\"";
      if (listing_says_digests) {
        s += ", \"size\": " + std::to_string(content.size()) + ", \"blobId\": \"" + git_name(content) + "\"";
        if (is_large(content)) s += ", \"lfs\": {\"sha256\": \"" + sha256_of(content) + "\", \"size\": " + std::to_string(content.size()) + ", \"pointerSize\": 134}";
      }
      s += "}";
      first = false;
    }
    return s + "]}";
  }

  ServerReply answer(const ServerRequest& q) const {
    ServerReply r;
    if (!token.empty() && q.header("authorization") != "Bearer " + token) {
      r.status = 401, r.headers = {{"X-Error-Code", "RepoNotFound"}, {"X-Error-Message", "Repository not found"}};
      return r;
    }
    const std::string path = q.target.substr(0, q.target.find('?'));
    const auto quoted = percent_encode(branch, false);
    if (path == "/api/models/" + repository + "/revision/" + quoted || path == "/api/models/" + repository + "/revision/" + commit) {
      r.body = listing(), r.headers = {{"Content-Type", "application/json"}};
      return r;
    }
    const std::string prefix = "/" + repository + "/resolve/" + commit + "/";
    const std::string name = path.starts_with(prefix) ? path.substr(prefix.size()) : "";
    if (!files.count(name)) {
      r.status = 404, r.headers = {{"X-Error-Code", "RevisionNotFound"}};
      return r;
    }
    const std::string& content = files.at(name);
    r.headers = {{"X-Repo-Commit", commit}};
    if (!is_large(content)) {
      r.body = content, r.headers.emplace_back("ETag", dates_etags ? "\"Tue-24\"" : "\"" + git_name(content) + "\"");
      return r;
    }
    r.status = 302;
    r.headers.emplace_back("Location", cdn.url("localhost") + "/cdn/" + sha256_of(content));
    r.headers.emplace_back("X-Linked-Etag", "\"" + sha256_of(content) + "\"");
    r.headers.emplace_back("X-Linked-Size", std::to_string(content.size()));
    return r;
  }

  HubSettings settings(const std::string& cache) const {
    HubSettings s;
    s.endpoint = server.url(), s.cache = cache, s.http = quick_settings();
    return s;
  }
};

inline std::string bytes_of_noise(size_t bytes, uint64_t seed) {
  std::string s(bytes, '\0');
  uint64_t x = seed * 2862933555777941757u + 3037000493u;
  for (char& c : s) x ^= x << 13, x ^= x >> 7, x ^= x << 17, c = static_cast<char>(x >> 32);
  return s;
}

// A Hugging Face folder as far as the names go.
inline void fill_with_model(FakeHub& hub, size_t weight_bytes) {
  hub.files = {{"config.json", "{\"model_type\": \"clip\"}"}, {"preprocessor_config.json", "{\"size\": 224}"}, {"vocab.json", "{\"a\": 0}"},
               {"merges.txt", "#version\n"}, {"README.md", "words"}, {"flax_model.msgpack", bytes_of_noise(5000, 1)}, {"pytorch_model.bin", bytes_of_noise(6000, 2)},
               {"model.safetensors", bytes_of_noise(weight_bytes, 3)}};
}

}  // namespace ceir::test
