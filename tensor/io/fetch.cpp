#include "tensor/io/fetch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "kernels/base/interrupt.h"
#include "tensor/io/file_lock.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

[[noreturn]] void disk_failed(const std::string& path, int e) {
  const bool room = e == ENOSPC || e == EDQUOT || e == EFBIG || e == EIO || e == EMFILE || e == ENFILE || e == ENOMEM;
  if (room) fail(ErrorKind::resource, "{}: cannot be written: {}; make room and run the same command again, it goes on from there", printable(path, 4096), std::strerror(e));
  bad_input("{}: cannot be written: {}", printable(path, 4096), std::strerror(e));
}

// The unfinished file: open, hashed as far as it goes.
class Unfinished {
 public:
  explicit Unfinished(const FetchJob& job) : job_(job), digest_(start()) {
    descriptor_ = ::open(job.incomplete.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor_ < 0) disk_failed(job.incomplete, errno);
    struct stat s;
    if (::fstat(descriptor_, &s) != 0 || !S_ISREG(s.st_mode)) bad_input("{}: is not a regular file; delete it", printable(job.incomplete, 4096));
    if (job.bytes >= 0 && s.st_size > job.bytes) empty();
    else if (s.st_size > 0) hash_what_is_there();
  }
  ~Unfinished() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;

  int64_t bytes() const { return bytes_; }

  void append(const char* data, size_t n) {
    digest_.update(data, n);
    while (n > 0) {
      const ssize_t written = ::write(descriptor_, data, n);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) {
        const int e = written < 0 ? errno : ENOSPC;
        disk_failed(job_.incomplete, e);
      }
      data += written, n -= static_cast<size_t>(written), bytes_ += written;
    }
  }

  void empty() {
    if (::ftruncate(descriptor_, 0) != 0 || ::lseek(descriptor_, 0, SEEK_SET) < 0) disk_failed(job_.incomplete, errno);
    bytes_ = 0, digest_ = start();
  }

  std::string digest() const { return Digest(digest_).hex(); }

  // On the disk, under its own name.
  void finish() {
    if (::fsync(descriptor_) != 0 && errno != EINVAL && errno != EROFS) disk_failed(job_.incomplete, errno);
    if (::rename(job_.incomplete.c_str(), job_.path.c_str()) != 0) disk_failed(job_.path, errno);
  }

  void remove() { ::unlink(job_.incomplete.c_str()); }

 private:
  Digest start() const { return job_.git_blob ? git_blob_digest(job_.bytes) : Digest(job_.kind); }

  void hash_what_is_there() {
    std::string buffer(1 << 18, '\0');
    while (true) {
      throw_if_interrupted();
      const ssize_t n = ::read(descriptor_, buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) disk_failed(job_.incomplete, errno);
      if (n == 0) return;
      digest_.update(buffer.data(), static_cast<size_t>(n)), bytes_ += n;
    }
  }

  const FetchJob& job_;
  Digest digest_;
  int descriptor_ = -1;
  int64_t bytes_ = 0;
};

class FetchSink : public HttpSink {
 public:
  FetchSink(const FetchJob& job, Unfinished& file, int64_t from, const FetchProgress& progress)
      : job_(job), file_(file), from_(from), progress_(progress) {}

  // Total size from "bytes 100-199/1000", when the range begins where it was asked to; else -1.
  int64_t total_of_range(const std::string& text) const {
    long long first = -1, last = -1, total = -1;
    if (std::sscanf(text.c_str(), "bytes %lld-%lld/%lld", &first, &last, &total) < 2 || first != from_ || last < first) return -1;
    return total >= 0 ? total : last + 1;
  }

  bool head(const HttpResponse& r) override {
    if (r.redirects() || (r.status != 200 && r.status != 206)) return true;
    int64_t total = r.content_length();
    if (r.status == 206) {
      total = total_of_range(r.header("content-range"));
      if (total < 0) throw HttpError(fmt::format("{}: {} sends another part of the file than was asked for", job_.request.what, server_of(r.url)), true);
    } else if (file_.bytes() > 0) {
      file_.empty();  // the server cannot go on in the middle
    }
    if (job_.bytes >= 0 && total >= 0 && total != job_.bytes)
      throw HttpError(fmt::format("{}: {} announces {} bytes, expected {}; nothing of it was kept", job_.request.what, server_of(r.url), total, job_.bytes), false);
    total_ = total;
    return true;
  }

  void body(const char* data, size_t n) override {
    const int64_t most = job_.bytes >= 0 ? job_.bytes : total_;
    if (most >= 0 && file_.bytes() + static_cast<int64_t>(n) > most) {
      file_.empty(), file_.remove();
      throw HttpError(fmt::format("{}: the server sends more than the {} bytes expected; nothing of it was kept", job_.request.what, most), false);
    }
    file_.append(data, n);
    arrived_ = true;
    if (progress_) progress_(file_.bytes());
  }

  bool arrived() const { return arrived_; }
  int64_t total() const { return job_.bytes >= 0 ? job_.bytes : total_; }

 private:
  const FetchJob& job_;
  Unfinished& file_;
  int64_t from_, total_ = -1;
  const FetchProgress& progress_;
  bool arrived_ = false;
};

bool as_expected(const FetchJob& job) {
  Digest d = job.git_blob ? git_blob_digest(job.bytes) : Digest(job.kind);
  const int fd = ::open(job.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  std::string buffer(1 << 18, '\0');
  ssize_t n;
  while ((n = ::read(fd, buffer.data(), buffer.size())) > 0 && !interrupt_requested()) d.update(buffer.data(), static_cast<size_t>(n));
  ::close(fd);
  throw_if_interrupted();
  return n == 0 && d.hex() == job.digest;
}

bool is_there(const FetchJob& job, bool verify) {
  const int64_t bytes = size_of_file(job.path);
  return bytes >= 0 && (job.bytes < 0 || bytes == job.bytes) && (!verify || as_expected(job));
}

}  // namespace

int64_t size_of_file(const std::string& path) {
  struct stat s;
  return ::stat(path.c_str(), &s) == 0 && S_ISREG(s.st_mode) ? static_cast<int64_t>(s.st_size) : -1;
}

void make_folders(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error && !std::filesystem::is_directory(path)) disk_failed(path, error.value());
}

void require_free_space(const std::string& folder, int64_t bytes, const std::string& what) {
  struct statvfs s;
  if (::statvfs(folder.c_str(), &s) != 0) return;  // the writes themselves will tell
  const auto free = static_cast<double>(s.f_bavail) * static_cast<double>(s.f_frsize);
  if (static_cast<double>(bytes) > free)
    fail(ErrorKind::resource, "{}: needs {:.1f} MB, but only {:.1f} MB are free in {}; make room there", what, static_cast<double>(bytes) / 1e6, free / 1e6, printable(folder, 4096));
}

Fetched fetch_file(HttpClient& client, const FetchJob& job, bool verify, const FetchProgress& progress, const std::function<void()>& waiting) {
  if (is_there(job, verify)) return Fetched::was_there;
  const FileLock lock(job.lock, waiting);
  if (is_there(job, verify)) return Fetched::was_there;  // the other process has fetched it meanwhile
  Unfinished file(job);
  bool resumed = file.bytes() > 0, again = false;
  HttpRetry retry(client.settings());
  while (true) {
    HttpRequest request = job.request;
    const int64_t before = request.from = file.bytes();
    FetchSink sink(job, file, before, progress);
    try {
      if (job.bytes < 0 || before < job.bytes) {
        const HttpResponse r = client.get(request, sink);
        if (r.status == 416 && before > 0) {  // longer than the file is now, or just whole: the digest tells
          if (file.digest() != job.digest) file.empty();
          throw HttpError(fmt::format("{}: {} has no bytes from {} on", job.request.what, server_of(r.url), before), true);
        }
        if (r.status != 200 && r.status != 206) throw status_error(r, job.request.what);
        if (sink.total() >= 0 && file.bytes() != sink.total())
          throw HttpError(fmt::format("{}: {} closed the connection after {} of {} bytes", job.request.what, server_of(r.url), file.bytes(), sink.total()), true);
      }
    } catch (const HttpError& e) {
      if (job.bytes < 0 && before > 0 && file.bytes() == before && file.digest() == job.digest) {
        file.finish();
        return Fetched::resumed;
      }
      retry.after(e, sink.arrived() && file.bytes() > before);
      continue;
    }
    if (file.digest() == job.digest) {
      file.finish();
      return resumed ? Fetched::resumed : Fetched::whole;
    }
    const std::string got = file.digest();
    file.empty();
    // What an earlier run left may have been spoilt: once more from the beginning. A fresh copy that is wrong is the server's.
    if (before > 0 && !again) {
      again = true, resumed = false;
      continue;
    }
    file.remove();
    throw HttpError(fmt::format("{}: its {} is {}, expected {}; nothing of it was kept: try again, or tell whoever runs {}", job.request.what, name_of(job.kind), got, job.digest,
                                server_of(job.request.url)), false);
  }
}

}  // namespace ceir
