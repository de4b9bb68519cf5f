// An HTTP/1.1 server on the loopback, for tests: real sockets, a thread a connection, and every fault a network has.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tensor/io/http.h"
#include "tests/shared_dir.h"

namespace ceir::test {

struct ServerRequest {
  std::string method, target;                  // "/a/b?c=d", or a whole URL when asked as a proxy
  std::map<std::string, std::string> headers;  // names in lower case
  std::string header(const std::string& name) const { return headers.count(name) ? headers.at(name) : ""; }
  int64_t range_from() const {                 // of "bytes=N-"; -1: none
    const std::string r = header("range");
    return r.starts_with("bytes=") ? std::atoll(r.c_str() + 6) : -1;
  }
};

struct ServerReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool ranges = true;        // honours Range with 206
  bool chunked = false;      // in place of Content-Length
  bool nameless = false;     // neither: the end of the connection is the end of the body
  int64_t announce = -1;     // another Content-Length than the body has
  int64_t cut_after = -1;    // bytes of head and body together, then the connection closes
  bool reset = false;        // closes with RST
  bool stall = false;        // stays silent where it would close
  int64_t piece = 1 << 16;   // bytes of the body written at once
  int wait_ms = 0;           // before each piece
};

class HttpServer {
 public:
  using Handler = std::function<ServerReply(const ServerRequest&)>;

  explicit HttpServer(Handler handler) : handler_(std::move(handler)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0)
      throw std::runtime_error("no loopback socket");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~HttpServer() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    {
      const std::lock_guard guard(mutex_);
      for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    for (std::thread& t : threads_) t.join();
  }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const { return port_; }
  std::string url(const std::string& host = "127.0.0.1") const { return "http://" + host + ":" + std::to_string(port_); }
  std::vector<ServerRequest> requests() const {
    const std::lock_guard guard(mutex_);
    return seen_;
  }
  void forget_requests() {
    const std::lock_guard guard(mutex_);
    seen_.clear();
  }

 private:
  void accept_all() {
    while (!stopping_) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      const int yes = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      const std::lock_guard guard(mutex_);
      open_.push_back(fd);
      threads_.emplace_back([this, fd] { serve(fd); });
    }
  }

  void serve(int fd) {
    std::string buffer;
    ServerRequest request;
    while (!stopping_ && read_request(fd, buffer, request)) {
      {
        const std::lock_guard guard(mutex_);
        seen_.push_back(request);
      }
      if (!answer(fd, request, handler_(request))) break;
    }
    const std::lock_guard guard(mutex_);
    open_.remove(fd);
    ::close(fd);
  }

  static bool read_request(int fd, std::string& buffer, ServerRequest& request) {
    size_t end;
    while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
      char block[4096];
      const ssize_t n = ::recv(fd, block, sizeof block, 0);
      if (n <= 0 || buffer.size() > 1 << 20) return false;
      buffer.append(block, static_cast<size_t>(n));
    }
    const std::string head = buffer.substr(0, end + 2);
    buffer.erase(0, end + 4);
    request = {};
    size_t line = head.find("\r\n");
    const std::string first = head.substr(0, line);
    request.method = first.substr(0, first.find(' '));
    request.target = first.substr(request.method.size() + 1, first.rfind(' ') - request.method.size() - 1);
    while (line + 2 < head.size()) {
      const size_t next = head.find("\r\n", line + 2);
      const std::string text = head.substr(line + 2, next - line - 2);
      const size_t colon = text.find(':');
      std::string name = text.substr(0, colon);
      for (char& c : name) c = static_cast<char>(std::tolower(c));
      if (colon != std::string::npos) request.headers[name] = text.substr(text.find_first_not_of(' ', colon + 1));
      line = next;
    }
    return true;
  }

  // What `left` still allows of the bytes; false when the connection is to end.
  bool put(int fd, std::string_view bytes, int64_t& left) const {
    const size_t n = left < 0 ? bytes.size() : std::min<size_t>(bytes.size(), static_cast<size_t>(left));
    for (size_t done = 0; done < n;) {
      const ssize_t written = ::send(fd, bytes.data() + done, n - done, MSG_NOSIGNAL);
      if (written <= 0) return false;
      done += static_cast<size_t>(written);
    }
    if (left >= 0) left -= static_cast<int64_t>(n);
    return n == bytes.size() && left != 0;
  }

  bool answer(int fd, const ServerRequest& request, ServerReply r) const {
    std::string_view body = r.body;
    if (const int64_t from = request.range_from(); from >= 0 && r.ranges && r.status == 200) {
      if (from >= static_cast<int64_t>(body.size())) {
        r.status = 416, body = "";
        r.headers.emplace_back("Content-Range", "bytes */" + std::to_string(r.body.size()));
      } else {
        r.status = 206;
        r.headers.emplace_back("Content-Range", "bytes " + std::to_string(from) + "-" + std::to_string(body.size() - 1) + "/" + std::to_string(body.size()));
        body.remove_prefix(static_cast<size_t>(from));
        if (r.announce >= 0) r.announce -= from;
      }
    }
    std::string head = "HTTP/1.1 " + std::to_string(r.status) + " " + (r.status < 300 ? "OK" : "No") + "\r\n";
    for (const auto& [name, value] : r.headers) head += name + ": " + value + "\r\n";
    if (r.chunked) head += "Transfer-Encoding: chunked\r\n";
    else if (!r.nameless) head += "Content-Length: " + std::to_string(r.announce >= 0 ? r.announce : static_cast<int64_t>(body.size())) + "\r\n";
    if (r.nameless || r.announce >= 0) head += "Connection: close\r\n";
    head += "\r\n";
    int64_t left = r.cut_after;
    bool going = left == 0 ? false : put(fd, head, left);
    if (request.method == "HEAD") body = "";
    while (going && !body.empty()) {
      if (r.wait_ms) std::this_thread::sleep_for(std::chrono::milliseconds(r.wait_ms));
      if (stopping_) return false;
      const std::string_view piece = body.substr(0, static_cast<size_t>(r.piece));
      body.remove_prefix(piece.size());
      char size[32];
      std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
      going = r.chunked ? put(fd, size + std::string(piece) + "\r\n", left) : put(fd, piece, left);
    }
    if (going && r.chunked) going = put(fd, "0\r\n\r\n", left);
    if (left == 0 && r.stall)
      while (!stopping_) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (left == 0 && r.reset) {
      const linger now{1, 0};
      ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    return going && !r.nameless && r.announce < 0;
  }

  Handler handler_;
  int listener_ = -1, port_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread acceptor_;
  mutable std::mutex mutex_;
  std::list<int> open_;
  std::list<std::thread> threads_;
  std::vector<ServerRequest> seen_;
};

// True when libcurl can be opened; else says why the test is skipped and counts it. Keeps proxies of the machine away
// from the loopback.
inline bool have_curl() {
  for (const char* name : {"http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}) ::unsetenv(name);
  std::string why_not;
  if (!libcurl_version(&why_not).empty()) return true;
  std::printf("skipped: %s\n", why_not.c_str());
  skipped = true;
  return false;
}

// Impatient: what would take seconds takes milliseconds.
inline HttpSettings quick_settings() {
  HttpSettings s;
  s.stall_seconds = 1, s.connect_seconds = 2, s.attempts = 3, s.first_wait_seconds = 0.01, s.longest_wait_seconds = 2;
  return s;
}

}  // namespace ceir::test
