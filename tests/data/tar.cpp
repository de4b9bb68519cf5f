#include "data/tar.h"

#include <doctest/doctest.h>

#include "tensor/io/file.h"
#include "tests/data/tar_samples.h"
#include "tests/data/temp_folder.h"
#include "tests/scratch.h"

using namespace ceir;
using namespace ceir::test;
namespace fs = std::filesystem;

namespace {

TarContents unpack(const TempFolder& t, const std::string& archive, const TarOptions& options = {}) {
  t.write("a.tar", archive);
  fs::remove_all(t / "out");
  return unpack_tar(t / "a.tar", t / "out", options);
}

// Refused, and nothing appears outside the folder.
void refused(const std::string& archive, const std::string& part, const TarOptions& options = {}) {
  TempFolder t;
  check_error(ErrorKind::bad_input, part, [&] { unpack(t, archive, options); });
  for (const auto& e : fs::directory_iterator(t.str())) CHECK((e.path().filename() == "a.tar" || e.path().filename() == "out"));
}

std::string bytes_of(size_t n) {
  std::string s(n, '\0');
  for (size_t i = 0; i < n; i++) s[i] = static_cast<char>(i * 31 + i / 256);
  return s;
}

}  // namespace

TEST_CASE("tar: files and folders, plain and gzipped, long names in all three forms") {
  const std::string big = bytes_of(700000), deep(120, 'd'), name = deep + "/" + std::string(90, 'n') + "/file";
  const std::vector<TarEntry> entries = {
      {"set/", "", '5'}, {"set/a.bin", "hello"}, {"./set/big.bin", big}, {"set/empty", ""}, {"file", "short", '0', "", "set/pre"},
      {"", pax_record("mtime", "1.5") + pax_record("path", "set/" + name), 'x'}, {"cut", "pax"},
      {"././@LongLink", "set/gnu" + name + '\0', 'L'}, {"cut", "gnu"},
      {"", pax_record("comment", "for all"), 'g'}, {"old/", "", '0'}, {"set/old", "seven", '7'},
      {"", pax_record("size", "3"), 'x'}, {"set/sized", "abc", '0', "", "", 999}};
  for (const bool packed : {false, true}) {
    TempFolder t;
    const TarContents c = unpack(t, packed ? gzipped(tar_of(entries)) : tar_of(entries));
    CHECK(c.files == 8);
    CHECK(read_text_file(t / "out/set/a.bin") == "hello");
    CHECK(read_text_file(t / "out/set/big.bin") == big);
    CHECK(fs::file_size(t / "out/set/empty") == 0);
    CHECK(read_text_file(t / "out/set/pre/file") == "short");
    CHECK(read_text_file(t / "out/set/" + name) == "pax");
    CHECK(read_text_file(t / "out/set/gnu" + name) == "gnu");
    CHECK(fs::is_directory(t / "out/old"));
    CHECK(read_text_file(t / "out/set/old") == "seven");
    CHECK(read_text_file(t / "out/set/sized") == "abc");
  }
  TempFolder t;
  TarOptions options;
  options.keep = [](const std::string& path) { return path != "set/big.bin"; };
  CHECK(unpack(t, tar_of(entries), options).files == 7);
  CHECK(!fs::exists(t / "out/set/big.bin"));
  CHECK(read_text_file(t / "out/set/old") == "seven");
}

TEST_CASE("tar: what leads out, links, and what is no file is refused") {
  for (const char* path : {"../evil", "a/../../evil", "/etc/evil", "a/..", "..", "a\\..\\evil", "a\x01" "b", "\xff\xfe"}) refused(tar_of({{path, "x"}}), "entry");
  refused(tar_of({{"", pax_record("path", "../evil"), 'x'}, {"fine", "x"}}), "leads out");
  refused(tar_of({{"././@LongLink", "/etc/evil", 'L'}, {"fine", "x"}}), "absolute");
  refused(tar_of({{"evil", "x", '0', "", "../.."}}), "leads out");
  for (const char type : {'1', '2'}) refused(tar_of({{"link", "", type, "/etc/passwd"}, {"link/x", "x"}}), "is a link");
  for (const char type : {'3', '4', '6', 'S', 'M', 'Z'}) refused(tar_of({{"odd", "", type}}), "only files and folders");
  refused(tar_of({{"a", "x"}, {"a", "y"}}), "");
  refused(tar_of({{"a", "x"}, {"a/b", "y"}}), "");
  refused(tar_of({{"", pax_record("GNU.sparse.major", "1"), 'x'}, {"a", "x"}}), "sparse");
}

TEST_CASE("tar: damage and lies are found") {
  const std::string good = tar_of({{"set/a", bytes_of(3000)}, {"set/b", bytes_of(100)}});
  refused("", "not a tar archive");
  refused(std::string(10000, 'x'), "not a tar archive");
  refused(good.substr(0, 5), "cut short");
  for (const size_t at : {513u, 2000u, 3600u, 4096u, 4200u}) {
    refused(good.substr(0, at), "damaged?");
    const std::string packed = gzipped(good);
    refused(packed.substr(0, packed.size() * at / good.size()), "damaged?");
  }
  std::string packed = gzipped(good);
  packed[packed.size() - 6] = static_cast<char>(packed[packed.size() - 6] ^ 1);  // gzip's own check, at the very end
  refused(packed, "damaged?");
  refused(tar_of({{"a", "x", '0', "", "", -1, true}}), "not a tar archive");
  refused(tar_of({{"a", "x"}, {"b", "x", '0', "", "", -1, true}}), "wrong checksum");
  refused(tar_of({{"a", "x", '0', "", "", 01777777777}}), "ends in the middle of 'a'");
  refused(tar_of({{"a", "x", '0', "", "", 077777777777}, {"b", "x"}}), "ends in the middle");
  refused(tar_of({{"", "999 path=x\n", 'x'}, {"a", "x"}}), "malformed");
  refused(tar_of({{"", "nonsense", 'x'}, {"a", "x"}}), "malformed");
  refused(tar_of({{"", pax_record("size", "-5"), 'x'}, {"a", "x"}}), "malformed size");
  TarOptions options;
  options.most_bytes = 3050;
  refused(good, "more than 3050 bytes", options);
  options = {}, options.most_entries = 1;
  refused(good, "more than 1 entries", options);
  TempFolder t;
  t.write("out/there", "x"), t.write("a.tar", good);
  check_error(ErrorKind::bad_input, "is not empty", [&] { unpack_tar(t / "a.tar", t / "out"); });
  check_error(ErrorKind::bad_input, "cannot be opened", [&] { unpack_tar(t / "none.tar", t / "new"); });
}

TEST_CASE("tar: mutations of a good archive end in a result or a sentence") {
  const std::string seed = tar_of({{"", pax_record("path", "set/one") + pax_record("size", "5"), 'x'}, {"a", "hello"}, {"././@LongLink", "set/two", 'L'}, {"b", "x"}, {"set/", "", '5'}});
  TempFolder t;
  fuzz(seed, "tar", fuzz_rounds(100), [&](const std::string& s) { unpack(t, s); });
  for (const auto& e : fs::directory_iterator(t.str())) CHECK((e.path().filename() == "a.tar" || e.path().filename() == "out"));
}
