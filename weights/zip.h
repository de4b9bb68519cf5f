// Zip archives, read only (PKWARE APPNOTE 6.3): what torch.save writes. Stored and deflated members, zip64.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ceir {

struct ZipMember {
  std::string name;
  bool deflated;              // else stored as it is
  int64_t begin, compressed;  // its bytes within the file
  int64_t size;               // uncompressed
  uint32_t crc;
};

// The directory is checked wholly on opening: every offset and size lies in the file, members do not overlap each other or
// the directory, both headers of a member agree, names are relative paths without "..", none occurs twice, none is encrypted or split
// over several files. Throws Error(bad_input) naming the file, the member and what is wrong.
class ZipArchive {
 public:
  // `bytes` must outlive the archive; `display_name` begins messages.
  ZipArchive(std::span<const std::byte> bytes, std::string display_name);

  const std::vector<ZipMember>& members() const { return members_; }   // in the order of the directory
  const ZipMember* find(std::string_view name) const;
  // The bytes of a stored member where they lie, unchecked. Throws Error(internal) for a deflated one.
  std::span<const std::byte> stored(const ZipMember& member) const;
  // Throws when the bytes of a stored member do not have the CRC of the directory.
  void check_crc(const ZipMember& member) const;
  // The content of a member of either kind, its CRC checked. Throws Error(bad_input) when it is larger than `most` bytes.
  std::vector<std::byte> read(const ZipMember& member, int64_t most) const;

 private:
  struct Directory;
  Directory find_directory() const;
  ZipMember parse_entry(int64_t& at, const Directory& directory) const;
  void check_local_header(ZipMember& member, int64_t at, const Directory& directory) const;
  uint64_t number(int64_t at, int bytes) const;   // little-endian; throws outside the file
  std::string_view text(int64_t at, int64_t bytes) const;

  std::string path_;
  std::span<const std::byte> bytes_;
  std::vector<ZipMember> members_;
  std::map<std::string, size_t, std::less<>> index_;
};

}  // namespace ceir
