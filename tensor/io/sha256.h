// SHA-256 (FIPS 180-4): content keys of caches and receipts.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace ceir {

class Sha256 {
 public:
  Sha256();
  Sha256& update(const void* data, size_t bytes);
  Sha256& update(std::string_view s) { return update(s.data(), s.size()); }
  std::string hex();  // 64 lower-case digits; the object is finished afterwards

 private:
  void blocks(const uint8_t* p, size_t n);
  std::array<uint32_t, 8> state_;
  std::array<uint8_t, 64> buffer_;
  uint64_t total_ = 0;
};

std::string sha256_of(std::string_view bytes);
std::string sha256_of_file(const std::string& path);

}  // namespace ceir
