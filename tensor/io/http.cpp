#include "tensor/io/http.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>

#include "kernels/base/interrupt.h"
#include "kernels/base/version.h"
#include "tensor/io/curl_library.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

// A body that is kept whole.
struct TextSink : HttpSink {
  int64_t limit;
  std::string text;
  bool too_long = false;

  explicit TextSink(int64_t most) : limit(most) {}
  bool head(const HttpResponse& r) override {
    too_long = r.content_length() > limit;
    return !too_long;
  }
  void body(const char* data, size_t bytes) override {
    if (static_cast<int64_t>(text.size() + bytes) > limit) too_long = true;
    else if (!too_long) text.append(data, bytes);
  }
};

}  // namespace

std::string HttpClient::text(const HttpRequest& request, int64_t limit) {
  HttpRetry retry(settings_);
  while (true) {
    try {
      TextSink sink(limit);
      const HttpResponse r = get(request, sink);
      if (r.status != 200) throw status_error(r, request.what);
      if (sink.too_long) throw HttpError(fmt::format("{}: the answer of {} is longer than {} bytes, too long for what it should be", request.what, server_of(r.url), limit), false);
      if (r.content_length() >= 0 && r.content_length() != static_cast<int64_t>(sink.text.size()))
        throw HttpError(fmt::format("{}: {} closed the connection in the middle", request.what, server_of(r.url)), true);
      return sink.text;
    } catch (const HttpError& e) {
      retry.after(e, false);
    }
  }
}

#if CEIR_HAS_CURL_HEADER

namespace {

constexpr size_t longest_head = 256 << 10;   // bytes; the hub's are a few kB
constexpr size_t longest_aside = 64 << 10;   // bytes read of a body that nobody wants, so that the connection can be used again

struct Exchange {
  HttpSink& sink;
  const std::string& what;
  double stall_seconds;
  HttpResponse response{};
  bool head_done = false, stopped = false;
  bool stalled = false;
  size_t head_bytes = 0, aside_bytes = 0;
  std::exception_ptr error;
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_byte = Clock::now();
};

std::string trimmed(std::string_view s) {
  while (!s.empty() && (s.back() == '\r' || s.back() == '\n' || s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  return std::string(s);
}

size_t on_header(char* data, size_t size, size_t n, void* user) {
  auto& x = *static_cast<Exchange*>(user);
  const size_t bytes = size * n;
  x.last_byte = Exchange::Clock::now();
  try {
    std::string_view line(data, bytes);
    x.head_bytes += bytes;
    if (x.head_bytes > longest_head) throw HttpError(fmt::format("{}: the server sends endless headers", x.what), false);
    if (line.starts_with("HTTP/")) {
      x.response.headers.clear();
      x.head_done = false;
      const size_t space = line.find(' ');
      x.response.status = space == std::string_view::npos ? 0 : std::atoi(std::string(line.substr(space + 1, 3)).c_str());
      return bytes;
    }
    if (x.head_done) return bytes;  // trailers
    const std::string text = trimmed(line);
    if (text.empty()) {
      if (x.response.status >= 200) {
        x.head_done = true;
        if (!x.sink.head(x.response)) x.stopped = true;
      }
      return x.stopped ? 0 : bytes;
    }
    const size_t colon = text.find(':');
    if (colon == std::string::npos) return bytes;
    std::string name = text.substr(0, colon);
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    x.response.headers.emplace_back(std::move(name), trimmed(std::string_view(text).substr(colon + 1)));
    return bytes;
  } catch (...) {
    x.error = std::current_exception();
    return 0;
  }
}

size_t on_body(char* data, size_t size, size_t n, void* user) {
  auto& x = *static_cast<Exchange*>(user);
  const size_t bytes = size * n;
  x.last_byte = Exchange::Clock::now();
  try {
    if (x.response.status == 200 || x.response.status == 206) x.sink.body(data, bytes), x.last_byte = Exchange::Clock::now();  // a slow disk is no stall
    else if ((x.aside_bytes += bytes) > longest_aside) x.stopped = true;
    return x.stopped ? 0 : bytes;
  } catch (...) {
    x.error = std::current_exception();
    return 0;
  }
}

// Called at least once a second, whether something arrives or not. (curl's own limit of low speed averages over seconds.)
int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& x = *static_cast<Exchange*>(user);
  x.stalled = std::chrono::duration<double>(Exchange::Clock::now() - x.last_byte).count() > x.stall_seconds;
  return interrupt_requested() || x.stalled ? 1 : 0;
}

// Certificates: as curl's own tool and Python's libraries are told about a company's.
std::string certificates() {
  for (const char* variable : {"CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"})
    if (const char* path = std::getenv(variable); path && *path) return path;
  return "";
}

const char* advice(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: return "; is the machine online? (a proxy is named by https_proxy)";
    case CURLE_COULDNT_RESOLVE_PROXY: return "; check https_proxy and http_proxy";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE: return "; a certificate of your own network is named by SSL_CERT_FILE";
    default: return "";
  }
}

bool may_pass(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: case CURLE_COULDNT_RESOLVE_PROXY: case CURLE_COULDNT_CONNECT: case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT: case CURLE_GOT_NOTHING: case CURLE_SEND_ERROR: case CURLE_RECV_ERROR: case CURLE_SSL_CONNECT_ERROR:
    case CURLE_UNSUPPORTED_PROTOCOL:  // cut within its first line, an answer looks like HTTP/0.9
    case CURLE_HTTP2: case CURLE_HTTP2_STREAM: case CURLE_WEIRD_SERVER_REPLY: case CURLE_HTTP3: case CURLE_QUIC_CONNECT_ERROR: return true;
    default: return false;
  }
}

}  // namespace

struct HttpClient::Body {
  const CurlLibrary* curl = nullptr;
  CURL* handle = nullptr;

  template <class Value>
  void set(CURLoption option, Value value) { curl->easy_setopt(handle, option, value); }
};

HttpClient::HttpClient(const HttpSettings& settings) : settings_(settings), body_(std::make_unique<Body>()) {
  std::string why_not;
  body_->curl = curl_library(why_not);
  if (!body_->curl) fail(ErrorKind::network, "libcurl cannot be opened ({}); install it (Debian: libcurl4), or copy the files here by other means", why_not);
  body_->handle = body_->curl->easy_init();
  if (!body_->handle) fail(ErrorKind::resource, "libcurl has no memory for a connection");
}

HttpClient::~HttpClient() {
  if (body_ && body_->handle) body_->curl->easy_cleanup(body_->handle);
}

HttpResponse HttpClient::get(const HttpRequest& request, HttpSink& sink) {
  if (request.token.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
    fail(ErrorKind::usage, "the access token holds a line end; set HF_TOKEN to the token alone");
  const std::string home = origin_of(request.url), ca = certificates();
  std::string url = request.url;
  for (int hop = 0;; hop++) {
    throw_if_interrupted();
    const std::string origin = origin_of(url);
    Exchange x{sink, request.what, settings_.stall_seconds};
    x.response.url = url;
    Body& b = *body_;
    b.curl->easy_reset(b.handle);  // options only: connections stay
    char detail[CURL_ERROR_SIZE] = "";
    const std::string agent = fmt::format("ceir/{}", version()), range = fmt::format("{}-", request.from);
    b.set(CURLOPT_URL, url.c_str());
    b.set(CURLOPT_HTTPGET, 1L);
    b.set(CURLOPT_FOLLOWLOCATION, 0L);
    b.set(CURLOPT_NOSIGNAL, 1L);
    b.set(CURLOPT_PROTOCOLS_STR, "http,https");
    b.set(CURLOPT_USERAGENT, agent.c_str());
    b.set(CURLOPT_ERRORBUFFER, static_cast<char*>(detail));
    b.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings_.connect_seconds * 1000));
    b.set(CURLOPT_BUFFERSIZE, 1L << 18);
    b.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    b.set(CURLOPT_NOPROGRESS, 0L);
    b.set(CURLOPT_XFERINFOFUNCTION, on_progress);
    b.set(CURLOPT_XFERINFODATA, static_cast<void*>(&x));
    b.set(CURLOPT_HEADERFUNCTION, on_header);
    b.set(CURLOPT_HEADERDATA, static_cast<void*>(&x));
    b.set(CURLOPT_WRITEFUNCTION, on_body);
    b.set(CURLOPT_WRITEDATA, static_cast<void*>(&x));
    if (request.from > 0) b.set(CURLOPT_RANGE, range.c_str());
    if (!ca.empty()) b.set(CURLOPT_CAINFO, ca.c_str());
    curl_slist* headers = nullptr;
    if (!request.token.empty() && origin == home) headers = b.curl->slist_append(nullptr, ("Authorization: Bearer " + request.token).c_str());
    if (headers) b.set(CURLOPT_HTTPHEADER, headers);
    const CURLcode code = b.curl->easy_perform(b.handle);
    b.curl->slist_free_all(headers);
    throw_if_interrupted();
    if (x.error) std::rethrow_exception(x.error);
    if (x.stalled) throw HttpError(fmt::format("{}: {} sent nothing for {:.0f} s", request.what, server_of(url), settings_.stall_seconds), true);
    const bool redirects = x.head_done && x.response.redirects();
    if (code != CURLE_OK && !x.stopped && !redirects) {
      const std::string words = detail[0] ? detail : b.curl->easy_strerror(code);
      throw HttpError(fmt::format("{}: {}: {}{}", request.what, server_of(url), printable(trimmed(words), 300), advice(code)), may_pass(code));
    }
    if (!x.head_done) throw HttpError(fmt::format("{}: {} closed the connection before the end of its headers", request.what, server_of(url)), true);
    if (!redirects || (x.stopped && x.aside_bytes == 0)) return std::move(x.response);
    if (hop >= settings_.redirects) throw HttpError(fmt::format("{}: {} sends from one place to the next, more than {} times", request.what, server_of(request.url), settings_.redirects), false);
    char* next = nullptr;
    b.curl->easy_getinfo(b.handle, CURLINFO_REDIRECT_URL, &next);
    const std::string target = next ? next : "";
    std::string to;
    try {
      to = origin_of(target);
    } catch (const Error& e) {
      throw HttpError(fmt::format("{}: {} redirects to {}", request.what, server_of(url), e.what()), false);
    }
    if (origin.starts_with("https:") && !to.starts_with("https:"))
      throw HttpError(fmt::format("{}: {} redirects from https to http ({}), which is refused", request.what, server_of(url), server_of(target)), false);
    url = target;
  }
}

#else

struct HttpClient::Body {};
HttpClient::HttpClient(const HttpSettings& settings) : settings_(settings) {
  std::string why_not;
  libcurl_version(&why_not);
  fail(ErrorKind::network, "nothing can be downloaded: {}", why_not);
}
HttpClient::~HttpClient() = default;
HttpResponse HttpClient::get(const HttpRequest&, HttpSink&) { fail(ErrorKind::internal, "a client that was never made"); }

#endif

}  // namespace ceir
