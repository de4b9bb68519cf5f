// Checkpoints made by hand: a few opcodes of pickle and a few records of zip, written by the formats' own documents.
#pragma once
#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

namespace ceir::test {

inline std::string le(uint64_t v, int bytes) {
  std::string s;
  for (int i = 0; i < bytes; i++) s += static_cast<char>(v >> (8 * i) & 255);
  return s;
}

// A pickle of protocol 2, opcode by opcode.
namespace pk {
inline std::string text(const std::string& s) { return "X" + le(s.size(), 4) + s; }
inline std::string integer(int64_t v) { return v >= 0 && v < 256 ? "K" + le(static_cast<uint64_t>(v), 1) : v >= INT32_MIN && v <= INT32_MAX ? "J" + le(static_cast<uint64_t>(v), 4) : "\x8a\x08" + le(static_cast<uint64_t>(v), 8); }
inline std::string global(const std::string& module, const std::string& name) { return "c" + module + "\n" + name + "\n"; }
inline std::string tuple(const std::vector<std::string>& items) {
  std::string s = "(";
  for (const auto& i : items) s += i;
  return s + "t";
}
inline std::string integers(const std::vector<int64_t>& values) {
  std::vector<std::string> items;
  for (const int64_t v : values) items.push_back(integer(v));
  return tuple(items);
}
inline std::string storage(const std::string& type, const std::string& key, int64_t elements, const std::string& where = "cpu") {
  return tuple({text("storage"), global("torch", type), text(key), text(where), integer(elements)}) + "Q";
}
inline std::string tensor_of(const std::string& storage, int64_t offset, const std::vector<int64_t>& size, const std::vector<int64_t>& stride) {
  return global("torch._utils", "_rebuild_tensor_v2") +
         tuple({storage, integer(offset), integers(size), integers(stride), "\x89", global("collections", "OrderedDict") + ")R"}) + "R";
}
inline std::string dict(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string s = "}(";
  for (const auto& [k, v] : items) s += text(k) + v;
  return s + "u";
}
inline std::string ordered(const std::vector<std::pair<std::string, std::string>>& items) { return global("collections", "OrderedDict") + ")R" + dict(items).substr(1); }
inline std::string stream(const std::string& body) { return "\x80\x02" + body + "."; }
}  // namespace pk

struct Member {
  std::string name, data;
  bool deflated = false, zip64 = false;
  int64_t claimed = -1;   // size in the directory, when it should lie
  bool bad_crc = false;
};

inline std::string deflate_raw(const std::string& s) {
  z_stream z{};
  deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, s.size()) + 16, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(s.data())), z.avail_in = static_cast<uInt>(s.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data()), z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

inline std::string zip_of(const std::vector<Member>& members, bool zip64_end = false) {
  std::string file, directory;
  for (const Member& m : members) {
    const std::string packed = m.deflated ? deflate_raw(m.data) : m.data;
    const uint64_t size = m.claimed >= 0 ? static_cast<uint64_t>(m.claimed) : m.data.size(), offset = file.size();
    const uint64_t crc = crc32(0, reinterpret_cast<const Bytef*>(m.data.data()), static_cast<uInt>(m.data.size())) ^ (m.bad_crc ? 1 : 0);
    const uint64_t packed_size = m.deflated ? packed.size() : size;
    const std::string common = le(20, 2) + le(0, 2) + le(m.deflated ? 8 : 0, 2) + le(0, 4) + le(crc, 4);
    const std::string sizes = m.zip64 ? le(0xffffffff, 4) + le(0xffffffff, 4) : le(packed_size, 4) + le(size, 4);
    // Data begin at a multiple of 64, by an extra field of padding, as torch writes them.
    const std::string extra64 = m.zip64 ? le(1, 2) + le(16, 2) + le(size, 8) + le(packed_size, 8) : "";
    const size_t before = offset + 30 + m.name.size() + extra64.size() + 4, padding = (64 - before % 64) % 64;
    const std::string extra = extra64 + "FB" + le(padding, 2) + std::string(padding, 'Z');
    file += "PK\x03\x04" + common + sizes + le(m.name.size(), 2) + le(extra.size(), 2) + m.name + extra + packed;
    const std::string central64 = m.zip64 ? le(1, 2) + le(24, 2) + le(size, 8) + le(packed_size, 8) + le(offset, 8) : "";
    directory += "PK\x01\x02" + le(20, 2) + common + sizes + le(m.name.size(), 2) + le(central64.size(), 2) + le(0, 2) + le(0, 2) + le(0, 2) + le(0, 4) +
                 (m.zip64 ? le(0xffffffff, 4) : le(offset, 4)) + m.name + central64;
  }
  const uint64_t begin = file.size(), n = members.size();
  file += directory;
  if (zip64_end) {
    const uint64_t record = file.size();
    file += "PK\x06\x06" + le(44, 8) + le(45, 2) + le(45, 2) + le(0, 4) + le(0, 4) + le(n, 8) + le(n, 8) + le(directory.size(), 8) + le(begin, 8);
    file += "PK\x06\x07" + le(0, 4) + le(record, 8) + le(1, 4);
    return file + "PK\x05\x06" + le(0, 4) + le(0xffff, 2) + le(0xffff, 2) + le(0xffffffff, 4) + le(0xffffffff, 4) + le(0, 2);
  }
  return file + "PK\x05\x06" + le(0, 4) + le(n, 2) + le(n, 2) + le(directory.size(), 4) + le(begin, 4) + le(0, 2);
}

template <class T>
std::string bytes_of(const std::vector<T>& values) { return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)}; }

// The archive of torch.save around a pickle's body: "archive/data.pkl" and its storages.
inline std::string checkpoint_of(const std::string& body, const std::vector<std::string>& storages, std::vector<Member> others = {}) {
  std::vector<Member> members{{"archive/data.pkl", pk::stream(body)}};
  for (size_t i = 0; i < storages.size(); i++) members.push_back({"archive/data/" + std::to_string(i), storages[i]});
  for (auto& o : others) members.push_back(std::move(o));
  return zip_of(members);
}

}  // namespace ceir::test
