#include "weights/zip.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "kernels/base/checked.h"
#include "kernels/base/interrupt.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

// Sizes of the format's records without their variable parts (APPNOTE 4.3.7, 4.3.12, 4.3.14 to 4.3.16).
constexpr int64_t local_bytes = 30, central_bytes = 46, end_bytes = 22, end64_bytes = 56, locator_bytes = 20;
constexpr uint64_t local_mark = 0x04034b50, central_mark = 0x02014b50, end_mark = 0x06054b50, end64_mark = 0x06064b50, locator_mark = 0x07064b50;
constexpr uint64_t full16 = 0xffff, full32 = 0xffffffff;
// Deflate cannot do better than 258 bytes for 2 bits: 1032 to 1 (zlib's own statement).
constexpr int64_t best_ratio = 1032;

bool is_safe_name(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find_first_of(std::string_view("\\\0", 2)) != std::string_view::npos || !is_utf8(name)) return false;
  for (size_t at = 0; at <= name.size();) {
    const size_t end = std::min(name.find('/', at), name.size());
    if (name.substr(at, end - at) == ".." || (end == at && end < name.size())) return false;
    at = end + 1;
  }
  return true;
}

}  // namespace

struct ZipArchive::Directory {
  int64_t begin, bytes, entries;
  int64_t end;   // where the records that end the file begin
};

uint64_t ZipArchive::number(int64_t at, int bytes) const {
  if (at < 0 || at > static_cast<int64_t>(bytes_.size()) - bytes) bad_input("{}: a damaged zip archive: it points to byte {} of {}", path_, at, bytes_.size());
  uint64_t v = 0;
  for (int i = 0; i < bytes; i++) v |= static_cast<uint64_t>(bytes_[static_cast<size_t>(at + i)]) << (8 * i);
  return v;
}

std::string_view ZipArchive::text(int64_t at, int64_t bytes) const {
  if (bytes < 0 || at < 0 || at > static_cast<int64_t>(bytes_.size()) - bytes) bad_input("{}: a damaged zip archive: it points to byte {} of {}", path_, at, bytes_.size());
  return {reinterpret_cast<const char*>(bytes_.data()) + at, static_cast<size_t>(bytes)};
}

ZipArchive::Directory ZipArchive::find_directory() const {
  const int64_t size = static_cast<int64_t>(bytes_.size());
  int64_t at = size - end_bytes;   // a comment of up to 65535 bytes may follow the record
  for (; at >= 0 && at >= size - end_bytes - 65535; at--)
    if (number(at, 4) == end_mark && at + end_bytes + static_cast<int64_t>(number(at + 20, 2)) == size) break;
  if (at < 0 || at < size - end_bytes - 65535) bad_input("{}: a zip archive without its directory at the end; is the file cut short?", path_);
  uint64_t disk = number(at + 4, 2), first_disk = number(at + 6, 2), here = number(at + 8, 2), entries = number(at + 10, 2), bytes = number(at + 12, 4), begin = number(at + 16, 4);
  int64_t end = at;
  if (at >= locator_bytes && number(at - locator_bytes, 4) == locator_mark) {
    const uint64_t record = number(at - locator_bytes + 8, 8);
    if (record > static_cast<uint64_t>(at - locator_bytes) || at - locator_bytes - static_cast<int64_t>(record) < end64_bytes || number(static_cast<int64_t>(record), 4) != end64_mark)
      bad_input("{}: a damaged zip archive: the zip64 record is not where it should be", path_);
    end = static_cast<int64_t>(record);
    disk = number(end + 16, 4), first_disk = number(end + 20, 4), here = number(end + 24, 8), entries = number(end + 32, 8);
    bytes = number(end + 40, 8), begin = number(end + 48, 8);
  }
  if (disk != 0 || first_disk != 0 || here != entries) bad_input("{}: a zip archive in several parts; join them first", path_);
  if (begin > static_cast<uint64_t>(end) || bytes != static_cast<uint64_t>(end) - begin || entries > bytes / central_bytes)
    bad_input("{}: a damaged zip archive: its directory of {} entries in {} bytes at {} does not fit the file of {} bytes", path_, entries, bytes, begin, size);
  return {static_cast<int64_t>(begin), static_cast<int64_t>(bytes), static_cast<int64_t>(entries), end};
}

// The entry of the directory at `at`, which moves past it.
ZipMember ZipArchive::parse_entry(int64_t& at, const Directory& directory) const {
  const int64_t end = directory.end;
  if (at > end - central_bytes || number(at, 4) != central_mark) bad_input("{}: a damaged zip archive: an entry of its directory is not where it should be", path_);
  const uint64_t flags = number(at + 8, 2), method = number(at + 10, 2), disk = number(at + 34, 2);
  uint64_t compressed = number(at + 20, 4), size = number(at + 24, 4), offset = number(at + 42, 4);
  const int64_t name_bytes = static_cast<int64_t>(number(at + 28, 2)), extra_bytes = static_cast<int64_t>(number(at + 30, 2)), comment_bytes = static_cast<int64_t>(number(at + 32, 2));
  if (at + central_bytes + name_bytes + extra_bytes + comment_bytes > end) bad_input("{}: a damaged zip archive: an entry of its directory is cut short", path_);
  ZipMember m;
  m.name = text(at + central_bytes, name_bytes);
  m.crc = static_cast<uint32_t>(number(at + 16, 4));
  const std::string what = fmt::format("{}: zip member '{}'", path_, printable(m.name));
  if (!is_safe_name(m.name)) bad_input("{}: is not a plain relative name; the archive is damaged or made to mislead", what);
  if (flags & 1) bad_input("{}: is encrypted; decrypt the archive first", what);
  if (method != 0 && method != 8) bad_input("{}: is compressed with method {}; only stored and deflated members can be read", what, method);
  m.deflated = method == 8;
  const auto field = [&](uint64_t& value, int64_t& p, int64_t stop) {   // zip64: only the fields that do not fit are there, in this order
    if (value != full32) return;
    if (p + 8 > stop) bad_input("{}: its zip64 entry is cut short", what);
    value = number(p, 8), p += 8;
  };
  for (int64_t p = at + central_bytes + name_bytes, stop = p + extra_bytes; p + 4 <= stop;) {
    const int64_t next = p + 4 + static_cast<int64_t>(number(p + 2, 2));
    if (next > stop) bad_input("{}: its extra field is cut short", what);
    if (number(p, 2) == 1) {
      int64_t q = p + 4;
      field(size, q, next), field(compressed, q, next), field(offset, q, next);
      break;
    }
    p = next;
  }
  if (disk != 0 && disk != full16) bad_input("{}: lies in another part of the archive; join the parts first", what);
  if (offset > static_cast<uint64_t>(directory.begin) || compressed > static_cast<uint64_t>(directory.begin) - offset || size > static_cast<uint64_t>(INT64_MAX))
    bad_input("{}: its {} bytes at {} lie outside the file", what, compressed, offset);
  m.compressed = static_cast<int64_t>(compressed), m.size = static_cast<int64_t>(size);
  if (!m.deflated && m.size != m.compressed) bad_input("{}: is stored, yet its sizes {} and {} differ", what, m.compressed, m.size);
  if (m.deflated && m.size / best_ratio > m.compressed) bad_input("{}: {} bytes cannot inflate to {}; the archive is made to mislead", what, m.compressed, m.size);
  check_local_header(m, static_cast<int64_t>(offset), directory);
  at += central_bytes + name_bytes + extra_bytes + comment_bytes;
  return m;
}

// What the directory says must stand before the data too, where it is not left to a record after them (flag bit 3).
void ZipArchive::check_local_header(ZipMember& m, int64_t at, const Directory& directory) const {
  const std::string what = fmt::format("{}: zip member '{}'", path_, printable(m.name));
  if (at > directory.begin - local_bytes || number(at, 4) != local_mark) bad_input("{}: there is no member at byte {}", what, at);
  const int64_t name_bytes = static_cast<int64_t>(number(at + 26, 2)), extra_bytes = static_cast<int64_t>(number(at + 28, 2));
  if (text(at + local_bytes, name_bytes) != m.name) bad_input("{}: is called '{}' where its data lie; the archive is damaged or made to mislead", what, printable(text(at + local_bytes, name_bytes)));
  if (number(at + 8, 2) != (m.deflated ? 8u : 0u)) bad_input("{}: the directory and its own header disagree about the compression", what);
  const uint64_t flags = number(at + 6, 2), compressed = number(at + 18, 4);
  if (!(flags & 8) && compressed != full32 && compressed != static_cast<uint64_t>(m.compressed)) bad_input("{}: the directory and its own header disagree about the size", what);
  m.begin = at + local_bytes + name_bytes + extra_bytes;
  if (m.begin > directory.begin || m.compressed > directory.begin - m.begin) bad_input("{}: its {} bytes at {} lie outside the file", what, m.compressed, m.begin);
}

ZipArchive::ZipArchive(std::span<const std::byte> bytes, std::string display_name) : path_(std::move(display_name)), bytes_(bytes) {
  const Directory directory = find_directory();
  int64_t at = directory.begin;
  members_.reserve(static_cast<size_t>(directory.entries));
  for (int64_t i = 0; i < directory.entries; i++) {
    members_.push_back(parse_entry(at, directory));
    if (!index_.emplace(members_.back().name, members_.size() - 1).second) bad_input("{}: the zip member '{}' is there twice", path_, printable(members_.back().name));
  }
  if (at != directory.end) bad_input("{}: a damaged zip archive: {} bytes after the last entry of its directory", path_, directory.end - at);
  std::vector<const ZipMember*> by_place;
  for (const ZipMember& m : members_) by_place.push_back(&m);
  std::ranges::sort(by_place, {}, &ZipMember::begin);
  for (size_t i = 1; i < by_place.size(); i++)
    if (by_place[i]->begin - local_bytes < by_place[i - 1]->begin + by_place[i - 1]->compressed)
      bad_input("{}: the zip members '{}' and '{}' overlap; the archive is made to mislead", path_, printable(by_place[i - 1]->name), printable(by_place[i]->name));
}

const ZipMember* ZipArchive::find(std::string_view name) const {
  const auto it = index_.find(name);
  return it == index_.end() ? nullptr : &members_[it->second];
}

std::span<const std::byte> ZipArchive::stored(const ZipMember& m) const {
  if (m.deflated) fail(ErrorKind::internal, "{}: zip member '{}' is compressed", path_, printable(m.name));
  return bytes_.subspan(static_cast<size_t>(m.begin), static_cast<size_t>(m.compressed));
}

namespace {

constexpr size_t inflate_step = size_t{4} << 20;   // between two looks for Ctrl-C

uint32_t crc_of(std::span<const std::byte> bytes) {
  uLong crc = crc32(0, nullptr, 0);
  for (size_t at = 0; at < bytes.size(); at += inflate_step) {
    throw_if_interrupted();
    crc = crc32(crc, reinterpret_cast<const Bytef*>(bytes.data()) + at, static_cast<uInt>(std::min(inflate_step, bytes.size() - at)));
  }
  return static_cast<uint32_t>(crc);
}

// The stream behind `from`, exactly filling `to`; a sentence's end when it does not.
const char* inflate_into(std::span<const std::byte> from, std::span<std::byte> to) {
  z_stream z{};
  if (inflateInit2(&z, -MAX_WBITS) != Z_OK) return "cannot be inflated";   // negative: without zlib's own header
  int status = Z_OK;
  size_t in = 0, out = 0;
  while (status == Z_OK) {
    z.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(from.data())) + in;
    z.avail_in = static_cast<uInt>(std::min(inflate_step, from.size() - in));
    Bytef beyond;   // one byte more than promised shows that there is more
    const size_t room = std::min(inflate_step, to.size() - out);
    z.next_out = room ? reinterpret_cast<Bytef*>(to.data()) + out : &beyond;
    z.avail_out = room ? static_cast<uInt>(room) : 1;
    const uInt in_before = z.avail_in, out_before = z.avail_out;
    status = inflate(&z, Z_NO_FLUSH);
    in += in_before - z.avail_in;
    if (room) out += out_before - z.avail_out;
    else if (z.avail_out == 0) status = Z_BUF_ERROR;
    if (in_before == z.avail_in && out_before == z.avail_out && status == Z_OK) status = Z_BUF_ERROR;
  }
  inflateEnd(&z);
  if (status == Z_STREAM_END && out == to.size() && in == from.size()) return nullptr;
  return status == Z_STREAM_END || status == Z_BUF_ERROR ? "does not have the size that the directory says" : "has damaged compressed data";
}

}  // namespace

void ZipArchive::check_crc(const ZipMember& m) const {
  if (crc_of(stored(m)) != m.crc) bad_input("{}: zip member '{}': its CRC is wrong; the file is damaged, fetch it again", path_, printable(m.name));
}

std::vector<std::byte> ZipArchive::read(const ZipMember& m, int64_t most) const {
  const std::string what = fmt::format("{}: zip member '{}'", path_, printable(m.name));
  if (m.size > most) bad_input("{}: has {} bytes, more than the {} that can be right here", what, m.size, most);
  const auto data = bytes_.subspan(static_cast<size_t>(m.begin), static_cast<size_t>(m.compressed));
  std::vector<std::byte> out(static_cast<size_t>(m.size));
  if (!m.deflated) std::ranges::copy(data, out.begin());
  else if (const char* wrong = inflate_into(data, out)) bad_input("{}: {}; the file is damaged, fetch it again", what, wrong);
  if (crc_of(out) != m.crc) bad_input("{}: its CRC is wrong; the file is damaged, fetch it again", what);
  return out;
}

}  // namespace ceir
