#include "tensor/io/file.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "kernels/base/error.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

struct Descriptor {
  int fd = -1;
  ~Descriptor() { if (fd >= 0) ::close(fd); }
};

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_in_folder(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

// Opens a regular file for reading and returns its size. O_NONBLOCK: opening a FIFO must not wait for a writer.
int64_t open_regular(const std::string& path, Descriptor& d) {
  if (path.find('\0') != std::string::npos) bad_input("'{}': a file name cannot hold a zero byte", printable(path));
  d.fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  struct stat s;
  if (d.fd < 0 || ::fstat(d.fd, &s) != 0) {
    const int e = errno;
    if (e == EMFILE || e == ENFILE || e == ENOMEM) fail(ErrorKind::resource, "{}: cannot be opened: {}", printable(path, 4096), std::strerror(e));
    bad_input("{}: cannot be opened: {}", printable(path, 4096), std::strerror(e));
  }
  if (S_ISDIR(s.st_mode)) bad_input("{}: is a folder; a file is needed here", printable(path, 4096));
  if (!S_ISREG(s.st_mode)) bad_input("{}: is not a regular file (a pipe or device); copy its content into a file first", printable(path, 4096));
  return s.st_size;
}

[[noreturn]] void write_failed(const std::string& path, int e) {
  const bool space = e == ENOSPC || e == EDQUOT || e == EFBIG || e == ENOMEM || e == EIO || e == EMFILE || e == ENFILE;
  fail(space ? ErrorKind::resource : ErrorKind::bad_input, "{}: cannot be written: {}", printable(path, 4096), std::strerror(e));
}

// Where a write to `path` ends up: symbolic links are followed, so that the link stays and its target is replaced.
std::string link_target(const std::string& path) {
  struct stat s;
  if (::lstat(path.c_str(), &s) != 0 || !S_ISLNK(s.st_mode)) return path;
  char* real = ::realpath(path.c_str(), nullptr);
  if (!real) return path;
  const std::string target = real;
  std::free(real);
  return target;
}

// All live mappings, in a form that a signal handler may read: no lock, no allocation. A mapping that finds no free slot
// works all the same and only lacks its name in that one message.
struct Mapping {
  std::atomic<const std::byte*> begin{nullptr};
  std::atomic<size_t> size{0};
  std::atomic<const char*> path{nullptr};
  std::atomic<bool> used{false};
};
std::array<Mapping, 1024> mappings;

void remember(const std::byte* begin, size_t size, const char* path) {
  for (Mapping& m : mappings) {
    if (m.used.exchange(true)) continue;
    m.size = size, m.path = path, m.begin = begin;
    return;
  }
}

void forget_mapping(const std::byte* begin) {
  for (Mapping& m : mappings)
    if (m.begin == begin) {
      m.begin = nullptr;
      m.used = false;
      return;
    }
}

}  // namespace

const char* mapped_path_at(const void* address) noexcept {
  const auto at = reinterpret_cast<uintptr_t>(address);
  for (const Mapping& m : mappings) {
    const auto begin = reinterpret_cast<uintptr_t>(m.begin.load());
    if (begin && at >= begin && at - begin < m.size) return m.path;
  }
  return nullptr;
}

MappedFile::MappedFile(const std::string& path) : path_(printable(path, 4096)) {
  Descriptor d;
  size_ = static_cast<size_t>(open_regular(path, d));
  if (size_ == 0) return;
  void* p = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, d.fd, 0);
  if (p == MAP_FAILED) {
    const int e = errno;
    fail(e == ENOMEM ? ErrorKind::resource : ErrorKind::bad_input, "{}: cannot be mapped: {}", printable(path, 4096), std::strerror(e));
  }
  data_ = static_cast<const std::byte*>(p);
  remember(data_, size_, path_.c_str());
}

MappedFile::~MappedFile() {
  if (!data_) return;
  forget_mapping(data_);
  ::munmap(const_cast<std::byte*>(data_), size_);
}

namespace {

size_t page_bytes() { return static_cast<size_t>(::sysconf(_SC_PAGESIZE)); }

}  // namespace

void MappedFile::forget(size_t begin, size_t length) const {
  if (!data_ || begin >= size_) return;
  const size_t page = page_bytes();
  const size_t first = (begin + page - 1) / page * page, last = (begin + std::min(length, size_ - begin)) / page * page;
  if (first < last) ::madvise(const_cast<std::byte*>(data_) + first, last - first, MADV_DONTNEED);
}

void MappedFile::read_ahead(size_t begin, size_t length) const {
  if (!data_ || begin >= size_) return;
  const size_t end = begin + std::min(length, size_ - begin);
  constexpr size_t step = size_t{128} << 10;   // Linux cuts a longer request down to its read-ahead window, 128 KiB as a rule
  for (size_t at = begin / page_bytes() * page_bytes(); at < end; at += step)
    ::madvise(const_cast<std::byte*>(data_) + at, std::min(step, end - at), MADV_WILLNEED);
}

void MappedFile::map(size_t begin, size_t length) const {
#ifdef MADV_POPULATE_READ
  if (!data_ || begin >= size_) return;
  const size_t first = begin / page_bytes() * page_bytes();
  ::madvise(const_cast<std::byte*>(data_) + first, begin + std::min(length, size_ - begin) - first, MADV_POPULATE_READ);
#else
  (void)begin, (void)length;
#endif
}

std::string read_text_file(const std::string& path, int64_t at_most_bytes) {
  Descriptor d;
  const int64_t size = open_regular(path, d);
  const auto too_large = [&] {
    bad_input("{}: larger than {} bytes, too large for a file of this kind", printable(path, 4096), at_most_bytes);
  };
  if (size > at_most_bytes) too_large();
  std::string text;
  text.resize(static_cast<size_t>(size) + 1);  // one more: files of /proc say 0 and hold something; others may have grown
  size_t filled = 0;
  while (true) {
    const ssize_t n = ::read(d.fd, text.data() + filled, text.size() - filled);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) bad_input("{}: cannot be read: {}", printable(path, 4096), std::strerror(errno));
    if (n == 0) break;
    filled += static_cast<size_t>(n);
    if (static_cast<int64_t>(filled) > at_most_bytes) too_large();
    if (filled == text.size()) text.resize(text.size() * 2 + 4096);
  }
  text.resize(filled);
  return text;
}

std::vector<std::string> read_lines(const std::string& path) {
  const std::string text = read_text_file(path);
  std::string_view rest = text;
  if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);
  std::vector<std::string> lines;
  while (!rest.empty()) {
    const size_t end = rest.find_first_of("\r\n");
    const std::string_view line = rest.substr(0, end);
    if (const size_t bad = find_invalid_utf8(line); bad != std::string_view::npos)
      bad_input("{}: line {} is not UTF-8 at its byte {}; save the file as UTF-8", printable(path, 4096), lines.size() + 1, bad + 1);
    lines.emplace_back(line);
    if (end == std::string_view::npos) break;
    rest.remove_prefix(rest.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
  return lines;
}

AtomicFile::AtomicFile(const std::string& path) : path_(link_target(path)) {
  if (path.find('\0') != std::string::npos) bad_input("'{}': a file name cannot hold a zero byte", printable(path));
  struct stat s;
  const bool exists = ::stat(path_.c_str(), &s) == 0;
  if (exists && S_ISDIR(s.st_mode)) bad_input("{}: is a folder; a file name is needed to write to", printable(path, 4096));
  if (path_.empty() || path_.back() == '/') bad_input("'{}': not a file name to write to", printable(path, 4096));
  if (exists && !S_ISREG(s.st_mode)) {  // /dev/null, /dev/stdout, a pipe: there is nothing to replace
    file_ = std::fopen(path_.c_str(), "wbe");
    if (!file_) write_failed(path_, errno);
    return;
  }
  // A fixed name, locked: what a killed process left behind is taken over and replaced, and two processes that write
  // the same file at once do not meet (the second gets another name).
  std::string name = name_in_folder(path_);
  if (name.size() > 230) name.resize(200);
  const std::string base = folder_of(path_) + "/." + name;
  int fd = -1;
  for (int attempt = 0; fd < 0; attempt++) {
    temporary_ = attempt == 0 ? base + ".partial" : fmt::format("{}.{}-{}.partial", base, ::getpid(), attempt);
    fd = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0) {
      const int e = errno;
      temporary_.clear();
      if (e == ENOENT || e == ENOTDIR) bad_input("{}: its folder does not exist; make it first", printable(path, 4096));
      write_failed(path, e);
    }
    struct stat opened, named;
    const bool ours = ::flock(fd, LOCK_EX | LOCK_NB) == 0 && ::fstat(fd, &opened) == 0 && ::stat(temporary_.c_str(), &named) == 0 &&
                      opened.st_ino == named.st_ino && ::ftruncate(fd, 0) == 0;
    if (ours) break;
    ::close(fd), fd = -1;
    if (attempt == 100) fail(ErrorKind::resource, "{}: many processes are writing this file at once", printable(path, 4096));
  }
  if (exists) (void)!::fchmod(fd, s.st_mode & 07777);  // a replaced file keeps its permissions
  file_ = ::fdopen(fd, "wb");
  if (!file_) {
    const int e = errno;
    ::unlink(temporary_.c_str()), ::close(fd);
    write_failed(path, e);
  }
  std::setvbuf(file_, nullptr, _IOFBF, size_t{1} << 18);
}

AtomicFile::~AtomicFile() {
  if (file_ && !temporary_.empty()) ::unlink(temporary_.c_str());
  if (file_) std::fclose(file_);
}

void AtomicFile::write(const void* data, size_t bytes) {
  if (!file_) fail(ErrorKind::internal, "{}: written to after commit()", path_);
  if (bytes && std::fwrite(data, 1, bytes, file_) != bytes) write_failed(path_, errno);
}

void AtomicFile::commit() {
  if (!file_) fail(ErrorKind::internal, "{}: committed twice", path_);
  if (std::fflush(file_) != 0) write_failed(path_, errno);
  if (!temporary_.empty()) {
    if (::fsync(::fileno(file_)) != 0 && errno != EINVAL && errno != EROFS) write_failed(path_, errno);
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) write_failed(path_, errno);
    Descriptor folder;  // the new name itself must survive a power failure; a file system that cannot do this is no error
    folder.fd = ::open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder.fd >= 0) (void)::fsync(folder.fd);
    temporary_.clear();
  }
  std::FILE* file = file_;
  file_ = nullptr;
  if (std::fclose(file) != 0) write_failed(path_, errno);
}

void write_file(const std::string& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

void check_writable(const std::string& path, bool force) {
  const std::string target = link_target(path), folder = folder_of(target);
  if (target.empty() || target.back() == '/' || target.find('\0') != std::string::npos)
    bad_input("'{}': not a file name to write to", printable(path, 4096));
  struct stat s;
  if (::stat(target.c_str(), &s) == 0) {
    if (S_ISDIR(s.st_mode)) bad_input("{}: is a folder; a file name is needed to write to", printable(path, 4096));
    if (!S_ISREG(s.st_mode)) {
      if (::access(target.c_str(), W_OK) != 0) write_failed(path, errno);
      return;
    }
    if (!force) usage_error("{}: exists already; --force overwrites it", printable(path, 4096));
  } else if (errno == ENAMETOOLONG) {
    write_failed(path, errno);
  }
  if (::stat(folder.c_str(), &s) != 0 || !S_ISDIR(s.st_mode))
    bad_input("{}: its folder '{}' does not exist; make it first", printable(path, 4096), printable(folder, 4096));
  if (::access(folder.c_str(), W_OK | X_OK) != 0) write_failed(path, errno);
}

bool is_folder(const std::string& path) {
  struct stat s;
  return ::stat(path.c_str(), &s) == 0 && S_ISDIR(s.st_mode);
}

bool is_file(const std::string& path) {
  struct stat s;
  return ::stat(path.c_str(), &s) == 0 && S_ISREG(s.st_mode);
}

}  // namespace ceir
