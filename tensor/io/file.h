// Reading whole files, mapping them, and writing them so that either the old or the new content is there.
#pragma once
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ceir {

// A read-only mapping of a whole file. Throws Error(bad_input) naming the path: missing, a folder, not readable, empty
// is allowed. A file that another process cuts short while it is mapped raises SIGBUS; mapped_path_at() then says which
// file it was. The last three are words to the system about a range; they change no byte and report no error.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::span<const std::byte> bytes() const { return {data_, size_}; }
  void forget(size_t begin, size_t length) const;       // not needed again soon
  void read_ahead(size_t begin, size_t length) const;   // needed soon: the disk may begin; returns before it is there
  void map(size_t begin, size_t length) const;          // needed now: all its pages in one go, rather than fault by fault

 private:
  std::string path_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

// The file whose mapping holds `address`, or null. Async-signal-safe: it is asked from a signal handler.
const char* mapped_path_at(const void* address) noexcept;

std::string read_text_file(const std::string& path, int64_t at_most_bytes = int64_t{1} << 30);

// Lines without their ends; LF, CRLF and lone CR all end a line; a byte order mark is skipped; invalid UTF-8 is an
// error with the line number. A final line end does not make an empty line.
std::vector<std::string> read_lines(const std::string& path);

// Writes beside `path` into a temporary file and renames it on commit() after fsync: readers see the old file or
// the new one. Destroyed without commit(), it leaves nothing behind. Throws Error(resource) on a full disk,
// Error(bad_input) when the folder does not exist or is not writable.
class AtomicFile {
 public:
  explicit AtomicFile(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  void write(const void* data, size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();

 private:
  std::string path_, temporary_;
  std::FILE* file_ = nullptr;
};

void write_file(const std::string& path, std::string_view text);  // atomic

// For --dry-run and before long work: throws the error that writing `path` would end in (missing folder, not writable,
// exists without force), writes nothing.
void check_writable(const std::string& path, bool force);

// Following links; false also for what cannot be looked at.
bool is_file(const std::string& path);
bool is_folder(const std::string& path);

}  // namespace ceir
