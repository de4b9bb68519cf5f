// URLs, settings and statuses: what HTTP needs without a network.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <thread>

#include "kernels/base/interrupt.h"
#include "tensor/io/http.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

double number_from(const char* variable, double otherwise, double least, double most) {
  const char* text = std::getenv(variable);
  if (!text || !*text) return otherwise;
  char* end = nullptr;
  const double value = std::strtod(text, &end);
  if (*end != '\0' || !(value >= least && value <= most))
    usage_error("{}='{}' is not a number from {} to {}", variable, printable(text), least, most);
  return value;
}

std::string lowered(std::string s) {
  for (char& c : s) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return s;
}

const char* status_words(int status) {
  switch (status) {
    case 401: return "not allowed without a token";
    case 403: return "not allowed";
    case 404: return "not found";
    case 408: return "timed out";
    case 410: return "gone";
    case 416: return "no such range";
    case 429: return "too many requests";
    case 500: return "internal error";
    case 502: return "bad gateway";
    case 503: return "not available";
    case 504: return "gateway timed out";
    default: return status >= 500 ? "server error" : "refused";
  }
}

}  // namespace

HttpSettings HttpSettings::from_environment() {
  HttpSettings s;
  s.stall_seconds = number_from("HF_HUB_DOWNLOAD_TIMEOUT", s.stall_seconds, 0.001, 3600);
  s.connect_seconds = std::min(s.connect_seconds, std::max(1.0, s.stall_seconds));
  s.attempts = static_cast<int>(number_from("CEIR_HTTP_ATTEMPTS", s.attempts, 1, 1000));
  return s;
}

std::string HttpResponse::header(std::string_view name) const {
  for (auto it = headers.rbegin(); it != headers.rend(); ++it)
    if (it->first == name) return it->second;
  return "";
}

int64_t HttpResponse::content_length() const {
  const std::string text = header("content-length");
  int64_t value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= 0 ? value : -1;
}

std::string origin_of(const std::string& url) {
  const auto refuse = [&](const char* why) { bad_input("'{}': {}", printable(url, 200), why); };
  for (const char c : url)
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f || c == '\\') refuse("a URL cannot hold spaces, control characters or backslashes");
  const size_t colon = url.find("://");
  const std::string scheme = lowered(url.substr(0, colon));
  if (colon == std::string::npos || (scheme != "http" && scheme != "https")) refuse("not an http:// or https:// URL");
  const size_t begin = colon + 3;
  std::string host = lowered(url.substr(begin, url.find_first_of("/?#", begin) - begin));
  if (host.find('@') != std::string::npos) refuse("a URL with a user name is not accepted");
  std::string port = scheme == "http" ? "80" : "443";
  const size_t bracket = host.rfind(']'), last = host.rfind(':');  // [::1]:80
  if (last != std::string::npos && (bracket == std::string::npos || last > bracket)) {
    if (last + 1 < host.size()) port = host.substr(last + 1);
    host.resize(last);
  }
  if (host.empty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), [](unsigned char c) { return std::isdigit(c); })) refuse("it has no host, or no valid port");
  return scheme + "://" + host + ":" + port;
}

std::string server_of(const std::string& url) {
  std::string origin;
  try {
    origin = origin_of(url);
  } catch (const Error&) {
    return "the server";
  }
  for (const char* end : {"http://:80", "https://:443"}) {
    const std::string_view e = end;
    const size_t colon = e.rfind(':');
    if (origin.starts_with(e.substr(0, colon)) && origin.ends_with(e.substr(colon))) origin.resize(origin.size() - (e.size() - colon));
  }
  return origin;
}

std::string percent_encode(std::string_view text, bool keep_slashes) {
  std::string out;
  for (const unsigned char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
    if (plain || (keep_slashes && c == '/')) out += static_cast<char>(c);
    else out += fmt::format("%{:02X}", c);
  }
  return out;
}

HttpError status_error(const HttpResponse& r, const std::string& what) {
  const bool transient = r.status == 408 || r.status == 429 || (r.status >= 500 && r.status != 501 && r.status != 505);
  double wait = -1;
  if (const std::string text = r.header("retry-after"); !text.empty()) {  // seconds; the form with a date is not waited for
    char* end = nullptr;
    wait = std::strtod(text.c_str(), &end);
    if (*end != '\0' || !(wait >= 0)) wait = -1;
  }
  std::string said = r.header("x-error-message");  // the hub explains itself there
  if (!said.empty()) said = fmt::format(": {}", printable(said, 200));
  return HttpError(fmt::format("{}: {} answers {} ({}){}{}", what, server_of(r.url), r.status, status_words(r.status), said,
                               transient && wait >= 0 ? fmt::format("; try again in {:.0f} s", wait) : transient ? "; try again later" : ""),
                   transient, wait, r.status);
}

void HttpRetry::after(const HttpError& error, bool progressed) {
  throw_if_interrupted();
  failures_ = progressed ? 0 : failures_ + 1;
  if (!error.transient() || failures_ >= settings_.attempts || error.retry_after() > settings_.longest_wait_seconds) throw error;
  double wait = progressed ? settings_.first_wait_seconds / 5 : settings_.first_wait_seconds * std::pow(2.0, failures_ - 1);
  wait = std::min(std::max(wait, error.retry_after()), settings_.longest_wait_seconds);
  using Clock = std::chrono::steady_clock;
  const auto until = Clock::now() + std::chrono::duration<double>(wait);
  while (Clock::now() < until) {
    throw_if_interrupted();
    std::this_thread::sleep_for(std::min(std::chrono::duration<double>(0.05), std::chrono::duration<double>(until - Clock::now())));
  }
}

}  // namespace ceir
