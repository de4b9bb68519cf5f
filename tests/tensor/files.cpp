#include <iterator>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tensor/io/file.h"
#include "tensor/io/utf8.h"
#include "tests/scratch.h"

using namespace ceir;
using namespace ceir::test;
namespace fs = std::filesystem;

namespace {
size_t entries(const std::string& folder) { return static_cast<size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator())); }
}  // namespace

TEST_CASE("atomic file: the old content stays until commit, nothing else is left") {
  const Scratch dir;
  const std::string path = dir / "a.txt";
  write_file(path, "old");
  {
    AtomicFile file(path);
    file.write("new");
    CHECK(read_text_file(path) == "old");
  }
  CHECK(read_text_file(path) == "old");
  CHECK(entries(dir.path) == 1);
  AtomicFile one(path), two(path);  // two writers at once do not meet
  one.write("first"), two.write("second");
  two.commit(), one.commit();
  CHECK(read_text_file(path) == "first");
  CHECK(entries(dir.path) == 1);
}

TEST_CASE("atomic file: what a killed process left is taken over") {
  const Scratch dir;
  const int fd = ::open((dir / ".a.txt.partial").c_str(), O_WRONLY | O_CREAT, 0600);
  REQUIRE(::write(fd, "half a file that was never finished", 35) == 35);
  ::close(fd);
  write_file(dir / "a.txt", "x");
  CHECK(read_text_file(dir / "a.txt") == "x");
  CHECK(entries(dir.path) == 1);
}

TEST_CASE("atomic file: links stay links, devices are written to, permissions stay") {
  const Scratch dir;
  write_file(dir / "target", "1");
  ::chmod((dir / "target").c_str(), 0640);
  fs::create_symlink("target", dir / "link");
  write_file(dir / "link", "2");
  CHECK(fs::is_symlink(dir / "link"));
  CHECK(read_text_file(dir / "target") == "2");
  struct stat s;
  REQUIRE(::stat((dir / "target").c_str(), &s) == 0);
  CHECK((s.st_mode & 0777) == 0640);
  write_file("/dev/null", "gone");
  CHECK(fs::is_character_file("/dev/null"));
}

TEST_CASE("atomic file: a full disk is a resource error and leaves nothing") {
  if (::access("/dev/full", W_OK) != 0) return;
  check_error(ErrorKind::resource, "/dev/full", [] { write_file("/dev/full", std::string(1 << 20, 'x')); });
}

TEST_CASE("files: what cannot be written is known beforehand") {
  const Scratch dir;
  write_file(dir / "there", "x");
  check_error(ErrorKind::usage, "--force", [&] { check_writable(dir / "there", false); });
  check_writable(dir / "there", true);
  check_writable(dir / "new", false);
  check_error(ErrorKind::bad_input, "does not exist", [&] { check_writable(dir / "no/new", false); });
  check_error(ErrorKind::bad_input, "does not exist", [&] { write_file(dir / "no/new", "x"); });
  check_error(ErrorKind::bad_input, "folder", [&] { write_file(dir.path, "x"); });
  check_error(ErrorKind::bad_input, "folder", [&] { check_writable(dir.path, true); });
  CHECK(entries(dir.path) == 1);
}

TEST_CASE("files: only regular files are read; pipes and devices do not hang") {
  const Scratch dir;
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  for (const std::string& path : {dir / "fifo", std::string("/dev/zero"), dir.path, dir / "missing", std::string("a\0b", 3)}) {
    check_error(ErrorKind::bad_input, path.substr(0, 1), [&] { MappedFile file(path); });
    check_error(ErrorKind::bad_input, path.substr(0, 1), [&] { read_text_file(path); });
  }
  write_file(dir / "empty", "");
  CHECK(MappedFile(dir / "empty").bytes().empty());
  check_error(ErrorKind::bad_input, "too large", [&] { write_file(dir / "big", std::string(100, 'x')), read_text_file(dir / "big", 99); });
}

TEST_CASE("lines: every kind of line end, a byte order mark, and the number of a bad line") {
  const Scratch dir;
  write_file(dir / "t", "\xef\xbb\xbf" "a\r\nb\rc\n\nd\n");
  CHECK(read_lines(dir / "t") == std::vector<std::string>{"a", "b", "c", "", "d"});
  write_file(dir / "t", "a\nb\xc3(\n");
  check_error(ErrorKind::bad_input, "line 2", [&] { read_lines(dir / "t"); });
}

TEST_CASE("UTF-8: overlong forms, surrogates and values beyond U+10FFFF are not UTF-8") {
  for (const char* bad : {"\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf0\x80\x80\x80", "\x80", "\xc3", "\xff"}) CHECK_FALSE(is_utf8(bad));
  for (const uint32_t c : {0u, 0x7fu, 0x80u, 0x7ffu, 0x800u, 0xd7ffu, 0xe000u, 0xffffu, 0x10000u, 0x10ffffu})
    CHECK(code_points_of(to_utf8({c}), "t") == std::vector<uint32_t>{c});
  CHECK(printable(std::string_view("a\x01\xff", 3)) == "a\\u0001\\xff");
}
