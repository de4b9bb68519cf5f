// Writing tar archives for tests, good ones and bad ones.
#pragma once
#include <zlib.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace ceir::test {

struct TarEntry {
  std::string path, content;
  char type = '0';
  std::string link, prefix;
  int64_t size = -1;          // another than the content has
  bool bad_checksum = false;
};

inline std::string tar_header(const TarEntry& e) {
  std::string h(512, '\0');
  std::memcpy(h.data(), e.path.data(), std::min<size_t>(100, e.path.size()));
  std::snprintf(h.data() + 100, 8, "%07o", 0644);
  std::snprintf(h.data() + 124, 12, "%011llo", static_cast<unsigned long long>(e.size >= 0 ? e.size : static_cast<int64_t>(e.content.size())));
  std::snprintf(h.data() + 136, 12, "%011o", 0);
  h[156] = e.type;
  std::memcpy(h.data() + 157, e.link.data(), std::min<size_t>(100, e.link.size()));
  std::memcpy(h.data() + 257, "ustar\0" "00", 8);
  std::memcpy(h.data() + 345, e.prefix.data(), std::min<size_t>(155, e.prefix.size()));
  std::memset(h.data() + 148, ' ', 8);
  unsigned sum = e.bad_checksum ? 1 : 0;
  for (const char c : h) sum += static_cast<unsigned char>(c);
  std::snprintf(h.data() + 148, 8, "%06o", sum);
  return h;
}

inline std::string tar_of(const std::vector<TarEntry>& entries, bool end_mark = true) {
  std::string all;
  for (const TarEntry& e : entries) {
    all += tar_header(e) + e.content;
    all.resize((all.size() + 511) / 512 * 512);
  }
  if (end_mark) all.resize(all.size() + 1024);
  return all;
}

inline std::string pax_record(const std::string& key, const std::string& value) {  // its length counts itself
  const std::string rest = " " + key + "=" + value + "\n";
  size_t length = rest.size() + 1;
  while (std::to_string(length).size() + rest.size() != length) length++;
  return std::to_string(length) + rest;
}

inline std::string gzipped(const std::string& data) {
  z_stream z{};
  deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, data.size()) + 64, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data())), z.avail_in = static_cast<uInt>(data.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data()), z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

}  // namespace ceir::test
