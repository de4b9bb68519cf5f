// GET over HTTP, by libcurl, which is opened when the first client is made and not before: the program starts without it
// and works where it is not installed. Redirects are followed here, hop by hop, so that what may follow a redirect
// (the token may not) is decided in one place.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/base/error.h"

namespace ceir {

struct HttpSettings {
  double connect_seconds = 10;
  double stall_seconds = 10;         // without a single byte; HF_HUB_DOWNLOAD_TIMEOUT, as Python's huggingface_hub
  int redirects = 5;                 // in a row
  int attempts = 5;                  // in a row without a new byte; CEIR_HTTP_ATTEMPTS
  double first_wait_seconds = 0.5;   // between attempts; doubles
  double longest_wait_seconds = 60;  // a server that asks for more (Retry-After) is believed and not waited for

  static HttpSettings from_environment();  // throws Error(usage) for a variable that is not a number
};

// A fault of the network or the server: Error(network) that also says whether trying again may help.
class HttpError : public Error {
 public:
  HttpError(const std::string& message, bool transient, double retry_after = -1, int status = 0)
      : Error(ErrorKind::network, message), transient_(transient), retry_after_(retry_after), status_(status) {}
  bool transient() const { return transient_; }
  double retry_after() const { return retry_after_; }  // seconds; -1: not said
  int status() const { return status_; }               // of the answer; 0: there was none, or it was not the fault

 private:
  bool transient_;
  double retry_after_;
  int status_;
};

// One response's head. Redirects are responses too.
struct HttpResponse {
  std::string url;   // that answered
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string header(std::string_view name) const;           // the last of that name; "" when absent
  int64_t content_length() const;                            // -1: not said, or not a number
  bool redirects() const { return status >= 300 && status < 400 && !header("location").empty(); }
};

class HttpSink {
 public:
  virtual ~HttpSink() = default;
  virtual bool head(const HttpResponse& response) = 0;             // of every hop; false: stop here, no body
  virtual void body(const char* data, size_t bytes) = 0;           // of the last hop, if its status is 200 or 206
};

struct HttpRequest {
  std::string url;
  std::string what;    // begins every message: "openai/clip-vit-base-patch32: model.safetensors"
  std::string token;   // sent as "Authorization: Bearer" to the host of `url`, never to another
  int64_t from = 0;    // > 0: asks for the bytes from there on (Range)
};

class HttpClient {
 public:
  explicit HttpClient(const HttpSettings& settings);  // throws Error(network) when libcurl cannot be opened
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  const HttpSettings& settings() const { return settings_; }

  // One request with its redirects, no retries. Returns the last head, whatever its status. Throws HttpError for what
  // went wrong on the way, Error(interrupted), and whatever the sink throws.
  HttpResponse get(const HttpRequest& request, HttpSink& sink);

  // The body of a 200, at most `limit` bytes, tried again as the settings say. Any other status throws status_error.
  std::string text(const HttpRequest& request, int64_t limit);

 private:
  struct Body;
  HttpSettings settings_;
  std::unique_ptr<Body> body_;
};

// What a status from 400 on means, as an error: "WHAT: HOST answers 404 (not found)". 408, 429 and 5xx are transient.
HttpError status_error(const HttpResponse& response, const std::string& what);

// Counts attempts and waits between them.
class HttpRetry {
 public:
  explicit HttpRetry(const HttpSettings& settings) : settings_(settings) {}
  // After a fault: returns when it is time to try again, or throws it. `progressed`: bytes arrived since the last one.
  void after(const HttpError& error, bool progressed);

 private:
  const HttpSettings& settings_;
  int failures_ = 0;
};

// Scheme, host and port of a URL, lower case, port always there: "https://huggingface.co:443". Throws Error(bad_input)
// for what is not an http or https URL, holds a user name, or control characters.
std::string origin_of(const std::string& url);
std::string server_of(const std::string& url);  // the same for people: without the port that goes without saying
std::string percent_encode(std::string_view text, bool keep_slashes);  // RFC 3986: all but unreserved characters

// "libcurl/7.88.1 OpenSSL/3.0.19 ..." or "" and the reason it cannot be opened. Opens it.
const char* http_backend();  // for `--version`, without opening it
std::string libcurl_version(std::string* why_not = nullptr);

}  // namespace ceir
