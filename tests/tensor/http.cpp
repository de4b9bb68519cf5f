#include "tensor/io/http.h"

#include <doctest/doctest.h>

#include "kernels/base/interrupt.h"
#include "tensor/io/fetch.h"
#include "tensor/io/file.h"
#include "tests/data/temp_folder.h"
#include "tests/http_server.h"
#include "tests/scratch.h"

using namespace ceir;
using namespace ceir::test;

namespace {

ServerReply text_reply(std::string body) {
  ServerReply r;
  r.body = std::move(body);
  return r;
}

ServerReply redirect_to(const std::string& where, int status = 302) {
  ServerReply r;
  r.status = status;
  r.headers = {{"Location", where}};
  return r;
}

std::string noise(size_t bytes, uint64_t seed) {
  Random random(seed, "http test", 0);
  std::string s(bytes, '\0');
  for (char& c : s) c = static_cast<char>(random.below(256));
  return s;
}

}  // namespace

TEST_CASE("digests: the vectors of RFC 1321 and FIPS 180, cut anywhere") {
  CHECK(Digest(DigestKind::md5).hex() == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(Digest(DigestKind::md5).update("message digest").hex() == "f96b697d7cb7938d525a2f31aaf161d0");
  CHECK(Digest(DigestKind::md5).update(std::string("1234567890123456789012345678901234567890") + "1234567890123456789012345678901234567890").hex() == "57edf4a22be3c955ac49da2e2107b67a");
  CHECK(Digest(DigestKind::sha1).update("abc").hex() == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(Digest(DigestKind::sha1).update("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").hex() == "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  CHECK(Digest(DigestKind::sha256).update("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(git_blob_digest(0).hex() == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");                    // git hash-object /dev/null
  CHECK(git_blob_digest(12).update("hello world\n").hex() == "3b18e512dba79e4c8300dd08aeb37f8e728b8dad");
  for (const DigestKind kind : {DigestKind::md5, DigestKind::sha1}) {
    const std::string whole(1000, 'a'), expected = Digest(kind).update(whole).hex();
    for (const size_t piece : {1u, 7u, 63u, 64u, 65u, 129u}) {
      Digest d(kind);
      for (size_t at = 0; at < whole.size(); at += piece) d.update(whole.substr(at, piece));
      CHECK(d.hex() == expected);
    }
  }
}

TEST_CASE("URLs: origins, and what is refused") {
  CHECK(origin_of("https://huggingface.co/a?b") == "https://huggingface.co:443");
  CHECK(origin_of("HTTP://LocalHost:8080") == "http://localhost:8080");
  CHECK(origin_of("http://[::1]:81/x") == "http://[::1]:81");
  CHECK(origin_of("http://[::1]/x") == "http://[::1]:80");
  CHECK(server_of("https://huggingface.co/a") == "https://huggingface.co");
  CHECK(server_of("http://a:443") == "http://a:443");
  for (const char* bad : {"", "file:///etc/passwd", "ftp://a/b", "http://", "http://user@host/", "http://a@b:80@c/", "http://host:99999999/", "http://host:x/", "http://a b/",
                          "http://a\\@b/", "http://a\n/", "huggingface.co", "http:/a"})
    check_error(ErrorKind::bad_input, "'", [&] { origin_of(bad); });
  CHECK(percent_encode("refs/pr/1", false) == "refs%2Fpr%2F1");
  CHECK(percent_encode("a b/ü", true) == "a%20b/%C3%BC");
}

TEST_CASE("text: whatever form a body comes in") {
  if (!have_curl()) return;
  const std::string body = noise(5000, 1);
  HttpServer server([&](const ServerRequest& q) {
    ServerReply r = text_reply(body);
    r.chunked = q.target == "/chunked", r.nameless = q.target == "/nameless", r.piece = 700;
    if (q.target == "/hop") return redirect_to("/chunked", 307);
    return r;
  });
  HttpClient client(quick_settings());
  for (const char* path : {"/", "/chunked", "/nameless", "/hop"}) CHECK(client.text({server.url() + path, "x"}, 5000) == body);
  check_error(ErrorKind::network, "longer than 4999 bytes", [&] { client.text({server.url() + "/", "x"}, 4999); });
  check_error(ErrorKind::network, "longer than 4999 bytes", [&] { client.text({server.url() + "/chunked", "x"}, 4999); });
}

TEST_CASE("text: the answer cut after every byte is asked for again, and is never taken for the whole") {
  if (!have_curl()) return;
  std::atomic<int64_t> cut{0};
  std::atomic<int> faults{0};
  std::atomic<bool> reset{false};
  HttpServer server([&](const ServerRequest&) {
    ServerReply r = text_reply("{\"sha\": \"0123456789\"}");
    if (faults-- > 0) r.cut_after = cut, r.reset = reset;
    return r;
  });
  HttpSettings settings = quick_settings();
  settings.first_wait_seconds = 0.001;
  HttpClient client(settings);
  for (cut = 0; cut < 60; ++cut) {
    CAPTURE(cut.load());
    faults = 2, reset = cut % 3 == 0;
    CHECK(client.text({server.url() + "/", "x"}, 1000) == "{\"sha\": \"0123456789\"}");
  }
  faults = 1000, cut = 50, reset = false;
  server.forget_requests();
  check_error(ErrorKind::network, "x: ", [&] { client.text({server.url() + "/", "x"}, 1000); });
  CHECK(server.requests().size() == 3);
}

TEST_CASE("statuses: what may pass is tried again, what may not is told at once") {
  if (!have_curl()) return;
  std::atomic<int> faults{0}, status{500};
  std::string retry_after;
  HttpServer server([&](const ServerRequest&) {
    ServerReply r = text_reply("fine");
    if (faults-- > 0) r.status = status, r.headers = {{"Retry-After", retry_after}, {"X-Error-Message", "the hub's\x1b words"}};
    return r;
  });
  HttpClient client(quick_settings());
  for (const int s : {408, 429, 500, 502, 503, 504}) {
    status = s, faults = 2;
    CHECK(client.text({server.url() + "/", "x"}, 100) == "fine");
  }
  for (const int s : {400, 401, 403, 404, 410, 501}) {
    status = s, faults = 1000;
    server.forget_requests();
    check_error(ErrorKind::network, "answers " + std::to_string(s), [&] { client.text({server.url() + "/", "x"}, 100); });
    CHECK(server.requests().size() == 1);
  }
  CHECK(message_of([&] { client.text({server.url() + "/", "x"}, 100); }).find('\x1b') == std::string::npos);
  status = 429, faults = 1, retry_after = "1";
  const auto begin = std::chrono::steady_clock::now();
  CHECK(client.text({server.url() + "/", "x"}, 100) == "fine");
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(950));
  faults = 1000, retry_after = "3600";  // longer than anybody waits: said, not waited for
  server.forget_requests();
  check_error(ErrorKind::network, "; try again in 3600 s", [&] { client.text({server.url() + "/", "x"}, 100); });
  CHECK(server.requests().size() == 1);
}

TEST_CASE("redirects: few, to http alone, and the token stays at home") {
  if (!have_curl()) return;
  HttpServer other([&](const ServerRequest& q) {
    if (q.target == "/back") return redirect_to("http://127.0.0.1:1/nowhere");
    return text_reply("from afar");
  });
  HttpServer* self = nullptr;
  HttpServer home([&](const ServerRequest& q) {
    if (q.target == "/away") return redirect_to(other.url("localhost") + "/file");
    if (q.target == "/same") return redirect_to("/here", 308);
    if (q.target == "/alias") return redirect_to(self->url("localhost") + "/here");  // another name of the same machine is another host
    if (q.target == "/circle") return redirect_to("/circle", 301);
    if (q.target == "/file") return redirect_to("file:///etc/passwd");
    if (q.target == "/user") return redirect_to("http://a:b@127.0.0.1:1/");
    if (q.target == "/ftp") return redirect_to("ftp://127.0.0.1/x");
    return text_reply("here");
  });
  self = &home;
  HttpClient client(quick_settings());
  const auto ask = [&](const std::string& path) { return client.text({home.url() + path, "x", "hf_secret"}, 100); };
  CHECK(ask("/away") == "from afar");
  CHECK(home.requests().back().header("authorization") == "Bearer hf_secret");
  CHECK(other.requests().back().header("authorization").empty());
  CHECK(other.requests().back().header("referer").empty());
  CHECK(ask("/same") == "here");
  CHECK(home.requests().back().header("authorization") == "Bearer hf_secret");
  CHECK(ask("/alias") == "here");
  CHECK(home.requests().back().header("authorization").empty());
  check_error(ErrorKind::network, "more than 5 times", [&] { ask("/circle"); });
  for (const char* path : {"/file", "/ftp", "/user"}) check_error(ErrorKind::network, "redirects to", [&] { ask(path); });
  check_error(ErrorKind::usage, "HF_TOKEN", [&] { client.text({home.url() + "/", "x", "a\r\nX-Evil: 1"}, 100); });
}

TEST_CASE("nobody listens, nobody answers, somebody dawdles") {
  if (!have_curl()) return;
  int dead = 0;
  { dead = HttpServer([](const ServerRequest&) { return ServerReply{}; }).port(); }
  HttpSettings settings = quick_settings();
  settings.attempts = 1;
  HttpClient client(settings);
  check_error(ErrorKind::network, "x: http://127.0.0.1:" + std::to_string(dead), [&] { client.text({"http://127.0.0.1:" + std::to_string(dead) + "/", "x"}, 10); });
  check_error(ErrorKind::network, "online?", [&] { client.text({"http://no-such-host.invalid/", "x"}, 10); });
  HttpServer server([&](const ServerRequest& q) {
    ServerReply r = text_reply("slow but sure");
    if (q.target == "/silent") r.cut_after = 1, r.stall = true;
    if (q.target == "/middle") r.cut_after = 50, r.stall = true;
    if (q.target == "/trickle") r.piece = 1, r.wait_ms = 150;  // longer than the stall limit in all, never silent
    return r;
  });
  check_error(ErrorKind::network, "sent nothing for 1 s", [&] { client.text({server.url() + "/silent", "x"}, 100); });
  check_error(ErrorKind::network, "sent nothing for 1 s", [&] { client.text({server.url() + "/middle", "x"}, 100); });
  CHECK(client.text({server.url() + "/trickle", "x"}, 100) == "slow but sure");
  std::thread([] { std::this_thread::sleep_for(std::chrono::milliseconds(100)), request_interrupt(); }).detach();
  check_error(ErrorKind::interrupted, "", [&] { client.text({server.url() + "/silent", "x"}, 100); });
  clear_interrupt();
}

TEST_CASE("a proxy is used where the environment names one") {
  if (!have_curl()) return;
  HttpServer proxy([&](const ServerRequest& q) { return text_reply(q.target); });
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  HttpClient client(quick_settings());
  CHECK(client.text({"http://hub.example/api", "x"}, 100) == "http://hub.example/api");
  ::unsetenv("http_proxy");
}

TEST_CASE("fetch_file: cut at every chunk it goes on where it was; the digest decides") {
  if (!have_curl()) return;
  const std::string content = noise(300000, 3);
  struct {
    std::atomic<int64_t> cut{-1};
    std::atomic<int> faults{0};
    std::atomic<bool> ranges{true}, chunked{false}, nameless{false}, damaged{false}, longer{false}, shifted{false}, refused{false};
    std::atomic<int64_t> announce{-1};
  } f;
  HttpServer server([&](const ServerRequest& q) {
    ServerReply r = text_reply(content);
    if (f.damaged) r.body[1000] ^= 1;
    if (f.longer) r.body += "more";
    r.ranges = f.ranges, r.chunked = f.chunked, r.nameless = f.nameless, r.announce = f.announce, r.piece = 10000;
    if (f.shifted && q.range_from() > 0) r.status = 206, r.headers = {{"Content-Range", "bytes 0-299999/300000"}};
    if (f.faults-- > 0) r.cut_after = f.cut;
    return r;
  });
  HttpSettings settings = quick_settings();
  settings.first_wait_seconds = 0.005;
  HttpClient client(settings);
  const std::string sha = sha256_of(content);
  const auto fetch = [&](const TempFolder& t, int64_t bytes, const std::string& digest) {
    FetchJob job{{server.url() + "/f", "x"}, t / "file", t / "file.incomplete", t / "file.lock", bytes, DigestKind::sha256, false, digest};
    return fetch_file(client, job, false, nullptr, nullptr);
  };
  const auto good = [&](const TempFolder& t) {
    return read_text_file(t / "file") == content && size_of_file(t / "file.incomplete") < 0;
  };
  for (int64_t at = 0; at <= 300000; at += 15000)
    for (const bool known : {true, false}) {
      CAPTURE(at);
      TempFolder t;
      f.cut = at, f.faults = 1;
      fetch(t, known ? 300000 : -1, sha);
      CHECK(good(t));
    }
  {  // never more than 20 kB at a time: it arrives all the same
    TempFolder t;
    f.cut = 20000, f.faults = 1000;
    server.forget_requests();
    CHECK(fetch(t, 300000, sha) == Fetched::whole);
    CHECK(good(t));
    CHECK(server.requests().size() > 12);
    f.faults = 0;
    server.forget_requests();
    CHECK(fetch(t, 300000, sha) == Fetched::was_there);
    CHECK(server.requests().empty());
  }
  {  // what an earlier process left is gone on with
    TempFolder t;
    t.write("file.incomplete", content.substr(0, 123456));
    server.forget_requests();
    CHECK(fetch(t, 300000, sha) == Fetched::resumed);
    CHECK(good(t));
    CHECK(server.requests()[0].header("range") == "bytes=123456-");
  }
  for (const std::string& left : {std::string(5000, 'x'), content + "longer", std::string(300000, 'y')}) {  // spoilt: once more from the beginning
    TempFolder t;
    t.write("file.incomplete", left);
    CHECK(fetch(t, 300000, sha) == Fetched::whole);
    CHECK(good(t));
  }
  {  // complete, but its name was not given yet; the size not known beforehand
    TempFolder t;
    t.write("file.incomplete", content);
    CHECK(fetch(t, -1, sha) == Fetched::resumed);
    CHECK(good(t));
  }
  for (const bool known : {true, false}) {  // a server without ranges, and bodies of unknown length
    TempFolder t;
    t.write("file.incomplete", content.substr(0, 1000));
    f.ranges = false, f.chunked = known, f.nameless = !known;
    fetch(t, 300000, sha);
    CHECK(good(t));
    f.ranges = true, f.chunked = f.nameless = false;
  }
  const auto refused = [&](const std::string& part) {
    TempFolder t;
    check_error(ErrorKind::network, part, [&] { fetch(t, 300000, sha); });
    CHECK(size_of_file(t / "file") < 0);
    t.write("file", "the old");
    check_error(ErrorKind::network, part, [&] { fetch(t, 300000, sha); });
    CHECK(read_text_file(t / "file") == "the old");
  };
  f.damaged = true, refused("expected " + sha), f.damaged = false;
  f.longer = true, refused("announces 300004 bytes, expected 300000");
  f.chunked = true, refused("sends more than the 300000 bytes"), f.longer = f.chunked = false;
  f.announce = 299000, refused("announces 299000 bytes"), f.announce = -1;
  {
    TempFolder t;
    t.write("file.incomplete", content.substr(0, 1000));
    f.shifted = true;
    check_error(ErrorKind::network, "another part", [&] { fetch(t, 300000, sha); });
    f.shifted = false;
    CHECK(fetch(t, 300000, sha) == Fetched::resumed);
    CHECK(good(t));
  }
  {  // asked to look: a file with the right size and the wrong bytes
    TempFolder t;
    t.write("file", std::string(300000, 'z'));
    FetchJob job{{server.url() + "/f", "x"}, t / "file", t / "file.incomplete", t / "file.lock", 300000, DigestKind::sha256, false, sha};
    CHECK(fetch_file(client, job, true, nullptr, nullptr) == Fetched::whole);
    CHECK(good(t));
  }
}
