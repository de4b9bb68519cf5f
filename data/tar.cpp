#include "data/tar.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <set>

#include "kernels/base/checked.h"
#include "kernels/base/error.h"
#include "kernels/base/interrupt.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

constexpr size_t tar_block = 512;
constexpr int64_t longest_pax = 1 << 20;  // bytes of an extended header; real ones have a few hundred

using TarBlock = std::array<char, tar_block>;

std::string text_field(const TarBlock& b, size_t at, size_t length) { return {b.data() + at, ::strnlen(b.data() + at, length)}; }

// What extended headers say about the next entry.
struct TarOverrides {
  std::string path;
  int64_t size = -1;
};

class TarReader {
 public:
  TarReader(const std::string& archive, const std::string& folder, const TarOptions& options)
      : name_(printable(archive, 4096)), folder_(folder), options_(options) {
    struct stat s;
    if (::stat(archive.c_str(), &s) != 0 || !S_ISREG(s.st_mode)) bad_input("{}: cannot be opened, or is not a regular file", name_);
    packed_bytes_ = s.st_size;
    file_ = ::gzopen(archive.c_str(), "rbe");
    if (!file_) bad_input("{}: cannot be opened: {}", name_, std::strerror(errno));
    ::gzbuffer(file_, 1 << 18);
  }
  ~TarReader() { ::gzclose_r(file_); }
  TarReader(const TarReader&) = delete;
  TarReader& operator=(const TarReader&) = delete;

  TarContents run() {
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (error) bad_input("{}: cannot be made: {}", printable(folder_, 4096), error.message());
    if (!std::filesystem::is_empty(folder_)) bad_input("{}: is not empty; an archive is unpacked into a new folder", printable(folder_, 4096));
    TarBlock block;
    while (read_header(block)) entry(block);
    drain();
    return contents_;
  }

 private:
  [[noreturn]] void damaged(const std::string& what) const { bad_input("{}: {}; is the archive damaged?", name_, what); }

  size_t read_some(char* to, size_t bytes) {
    throw_if_interrupted();
    const int n = ::gzread(file_, to, static_cast<unsigned>(bytes));
    if (n < 0) {
      int code = 0;
      const char* words = ::gzerror(file_, &code);
      damaged(fmt::format("cannot be unpacked: {}", code == Z_ERRNO ? std::strerror(errno) : words));
    }
    if (options_.monitor) report(options_.monitor, "unpack", std::min<int64_t>(::gzoffset(file_), packed_bytes_), packed_bytes_, "bytes");
    return static_cast<size_t>(n);
  }

  void read_all(char* to, size_t bytes, const char* what) {
    while (bytes > 0) {
      const size_t n = read_some(to, bytes);
      if (n == 0) damaged(fmt::format("ends in the middle of {}", what));
      to += n, bytes -= n;
    }
  }

  // False at the end mark: a block of zeros (two by the book; one is what some writers leave).
  bool read_header(TarBlock& b) {
    read_all(b.data(), tar_block, entries_ == 0 ? "its first header: not a tar archive, or one that is cut short" : "a header");
    if (std::all_of(b.begin(), b.end(), [](char c) { return c == 0; })) return false;
    int64_t sum = 0;
    for (size_t i = 0; i < tar_block; i++) sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(b[i]);
    if (number(b, 148, 8, "checksum") != sum) damaged(entries_ == 0 ? "not a tar archive" : fmt::format("header {} has a wrong checksum", entries_ + 1));
    if (++entries_ > options_.most_entries) bad_input("{}: holds more than {} entries, refused", name_, options_.most_entries);
    return true;
  }

  // Octal digits, or base 256 (GNU) when the first bit is set.
  int64_t number(const TarBlock& b, size_t at, size_t length, const char* what) const {
    const auto* p = reinterpret_cast<const unsigned char*>(b.data() + at);
    int64_t value = 0;
    if (p[0] & 0x80) {
      if (p[0] != 0x80) damaged(fmt::format("a {} is negative or too large", what));
      for (size_t i = 1; i < length; i++) value = checked_add(checked_mul(value, 256, name_), p[i], name_);
      return value;
    }
    size_t i = 0;
    while (i < length && p[i] == ' ') i++;
    for (; i < length && p[i] >= '0' && p[i] <= '7'; i++) value = checked_add(checked_mul(value, 8, name_), p[i] - '0', name_);
    for (; i < length; i++)
      if (p[i] != ' ' && p[i] != 0) damaged(entries_ == 0 ? "not a tar archive" : fmt::format("a {} is not a number", what));
    return value;
  }

  void entry(const TarBlock& b) {
    const char type = b[156];
    const int64_t size = next_.size >= 0 && type != 'x' && type != 'g' && type != 'L' ? next_.size : number(b, 124, 12, "size");
    if (type == 'x' || type == 'g' || type == 'L') {
      if (size > longest_pax) damaged("an extended header is too long");
      std::string text(static_cast<size_t>(size), '\0');
      read_all(text.data(), text.size(), "an extended header");
      skip(padding(size));
      if (type == 'L') next_.path = text.substr(0, text.find('\0'));
      if (type == 'x') read_pax(text);
      return;  // 'g' holds defaults for all entries: dates and owners, which are not kept
    }
    std::string path = next_.path.empty() ? text_field(b, 0, 100) : next_.path;
    if (next_.path.empty() && std::memcmp(b.data() + 257, "ustar\0", 6) == 0)
      if (const std::string prefix = text_field(b, 345, 155); !prefix.empty()) path = prefix + "/" + path;
    next_ = {};
    if (type == '5') {
      make_folder(checked(path, true));
      skip(size + padding(size));
    } else if (type == '0' || type == '\0' || type == '7') {
      if (path.ends_with('/')) make_folder(checked(path, true));  // how old writers mark a folder
      else write(checked(path, false), size);
      skip(path.ends_with('/') ? size + padding(size) : padding(size));
    } else {
      bad_input("{}: '{}' is a {}; only files and folders are unpacked", name_, printable(path), type == '1' || type == '2' ? "link" : "device, a pipe or of an unknown kind");
    }
  }

  // "LENGTH KEY=VALUE\n", again and again; LENGTH counts all of it.
  void read_pax(std::string_view text) {
    while (!text.empty()) {
      size_t length = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
      const size_t digits = static_cast<size_t>(end - text.data());
      if (error != std::errc() || length > text.size() || length < digits + 3 || text[digits] != ' ' || text[length - 1] != '\n') damaged("an extended header is malformed");
      const std::string_view record = text.substr(digits + 1, length - digits - 2);
      const size_t equals = record.find('=');
      if (equals == std::string_view::npos) damaged("an extended header is malformed");
      const std::string_view key = record.substr(0, equals), value = record.substr(equals + 1);
      if (key == "path") next_.path = value;
      if (key == "size") {
        const auto [last, bad] = std::from_chars(value.data(), value.data() + value.size(), next_.size);
        if (bad != std::errc() || last != value.data() + value.size() || next_.size < 0) damaged("an extended header has a malformed size");
      }
      if (key.starts_with("GNU.sparse")) bad_input("{}: holds a sparse file, which is not unpacked here", name_);
      text.remove_prefix(length);
    }
  }

  // The path below the folder, made of plain names; refuses everything that could lead out of it.
  std::string checked(const std::string& path, bool is_folder) const {
    const auto refuse = [&](const char* why) { bad_input("{}: the entry '{}' {}; nothing of such an archive is trusted", name_, printable(path), why); };
    if (path.empty()) refuse("has no name");
    if (path.front() == '/') refuse("has an absolute path");
    if (path.size() > 4096 || !is_utf8(path)) refuse("has a name that is too long, or not UTF-8");
    std::string out;
    for (size_t at = 0; at <= path.size();) {
      const size_t end = std::min(path.find('/', at), path.size());
      const std::string part = path.substr(at, end - at);
      at = end + 1;
      if (part.empty() || part == ".") continue;
      if (part == "..") refuse("leads out of the folder");
      for (const char c : part)
        if (static_cast<unsigned char>(c) < ' ' || c == 0x7f || c == '\\') refuse("has a name with control characters or backslashes");
      out += (out.empty() ? "" : "/") + part;
    }
    if (out.empty() && !is_folder) refuse("has no name");
    return out;
  }

  void make_folder(const std::string& path) {
    std::error_code error;
    const std::string full = folder_ + "/" + path;
    std::filesystem::create_directories(full, error);  // of plain names below our own folder, which holds no links
    if (error) failed(full, error.value());
  }

  [[noreturn]] void failed(const std::string& path, int e) const {
    const bool room = e == ENOSPC || e == EDQUOT || e == EFBIG || e == EMFILE || e == ENFILE || e == EIO;
    fail(room ? ErrorKind::resource : ErrorKind::bad_input, "{}: cannot be written: {}{}", printable(path, 4096), std::strerror(e),
         e == EEXIST ? "; the archive holds it twice" : room ? "; make room and run the same command again" : "");
  }

  void write(const std::string& path, int64_t size) {
    contents_.bytes = checked_add(contents_.bytes, size, name_);
    if (contents_.bytes > options_.most_bytes) bad_input("{}: unpacks to more than {} bytes, refused", name_, options_.most_bytes);
    if (options_.keep && !options_.keep(path)) {
      contents_.bytes -= size;
      skip(size);
      return;
    }
    if (const size_t slash = path.rfind('/'); slash != std::string::npos) make_folder(path.substr(0, slash));
    const std::string full = folder_ + "/" + path;
    const int fd = ::open(full.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0) failed(full, errno);
    struct Closer {
      int fd;
      ~Closer() { ::close(fd); }
    } closer{fd};
    while (size > 0) {
      const size_t n = read_some(buffer_.data(), static_cast<size_t>(std::min<int64_t>(size, static_cast<int64_t>(buffer_.size()))));
      if (n == 0) damaged(fmt::format("ends in the middle of '{}'", printable(path)));
      for (size_t done = 0; done < n;) {
        const ssize_t written = ::write(fd, buffer_.data() + done, n - done);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) failed(full, written < 0 ? errno : ENOSPC);
        done += static_cast<size_t>(written);
      }
      size -= static_cast<int64_t>(n);
    }
    if (::fsync(fd) != 0 && errno != EINVAL && errno != EROFS) failed(full, errno);
    contents_.files++;
  }

  static int64_t padding(int64_t size) { return (512 - size % 512) % 512; }

  void skip(int64_t bytes) {
    while (bytes > 0) {
      const size_t n = read_some(buffer_.data(), static_cast<size_t>(std::min<int64_t>(bytes, static_cast<int64_t>(buffer_.size()))));
      if (n == 0) damaged("ends in the middle of an entry");
      bytes -= static_cast<int64_t>(n);
    }
  }

  // To the very end: gzip's check of the whole stands there.
  void drain() {
    while (read_some(buffer_.data(), buffer_.size()) > 0) {}
  }

  std::string name_, folder_;
  const TarOptions& options_;
  gzFile file_ = nullptr;
  int64_t packed_bytes_ = 0, entries_ = 0;
  TarOverrides next_;
  TarContents contents_;
  std::string buffer_ = std::string(1 << 18, '\0');
};

}  // namespace

TarContents unpack_tar(const std::string& archive, const std::string& folder, const TarOptions& options) {
  return TarReader(archive, folder, options).run();
}

}  // namespace ceir
