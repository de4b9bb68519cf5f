#include "tensor/io/digest.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "kernels/base/error.h"

namespace ceir {
namespace {

// FIPS 180-4, 6.1.2.
void sha1_block(std::array<uint32_t, 5>& state, const uint8_t* p) {
  uint32_t w[80];
  for (int i = 0; i < 16; i++)
    w[i] = uint32_t{p[4 * i]} << 24 | uint32_t{p[4 * i + 1]} << 16 | uint32_t{p[4 * i + 2]} << 8 | p[4 * i + 3];
  for (int i = 16; i < 80; i++) w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  auto [a, b, c, d, e] = state;
  for (int i = 0; i < 80; i++) {
    const uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 ? b ^ c ^ d : i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
    const uint32_t k = i < 20 ? 0x5a827999 : i < 40 ? 0x6ed9eba1 : i < 60 ? 0x8f1bbcdc : 0xca62c1d6;
    const uint32_t t = std::rotl(a, 5) + f + e + k + w[i];
    e = d, d = c, c = std::rotl(b, 30), b = a, a = t;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

// RFC 1321, 3.4: T[i] = floor(2^32 |sin(i + 1)|), which a double holds exactly enough.
const std::array<uint32_t, 64>& md5_table() {
  static const std::array<uint32_t, 64> table = [] {
    std::array<uint32_t, 64> t;
    for (size_t i = 0; i < 64; i++) t[i] = static_cast<uint32_t>(std::floor(4294967296.0 * std::fabs(std::sin(static_cast<double>(i + 1)))));
    return t;
  }();
  return table;
}

void md5_block(std::array<uint32_t, 5>& state, const uint8_t* p, const std::array<uint32_t, 64>& table) {
  static constexpr int shift[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
  uint32_t x[16];
  for (int i = 0; i < 16; i++)
    x[i] = uint32_t{p[4 * i + 3]} << 24 | uint32_t{p[4 * i + 2]} << 16 | uint32_t{p[4 * i + 1]} << 8 | p[4 * i];
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  for (int i = 0; i < 64; i++) {
    const int round = i / 16;
    const uint32_t f = round == 0 ? (b & c) | (~b & d) : round == 1 ? (b & d) | (c & ~d) : round == 2 ? b ^ c ^ d : c ^ (b | ~d);
    const int k = round == 0 ? i : round == 1 ? (5 * i + 1) % 16 : round == 2 ? (3 * i + 5) % 16 : (7 * i) % 16;
    const uint32_t t = b + std::rotl(a + f + x[k] + table[static_cast<size_t>(i)], shift[round][i % 4]);
    a = d, d = c, c = b, b = t;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
}

}  // namespace

const char* name_of(DigestKind kind) {
  return kind == DigestKind::sha256 ? "SHA-256" : kind == DigestKind::sha1 ? "SHA-1" : "MD5";
}

Digest::Digest(DigestKind kind) : kind_(kind), state_{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0} {}

Digest& Digest::update(const void* data, size_t bytes) {
  if (kind_ == DigestKind::sha256) {
    sha256_.update(data, bytes);
    return *this;
  }
  const auto& table = md5_table();
  const auto block = [&](const uint8_t* p) { kind_ == DigestKind::sha1 ? sha1_block(state_, p) : md5_block(state_, p, table); };
  const auto* p = static_cast<const uint8_t*>(data);
  const size_t filled = total_ % 64;
  total_ += bytes;
  if (filled) {
    const size_t n = std::min(bytes, 64 - filled);
    std::memcpy(buffer_.data() + filled, p, n);
    p += n, bytes -= n;
    if (filled + n < 64) return *this;
    block(buffer_.data());
  }
  for (; bytes >= 64; p += 64, bytes -= 64) block(p);
  if (bytes) std::memcpy(buffer_.data(), p, bytes);
  return *this;
}

std::string Digest::hex() {
  if (kind_ == DigestKind::sha256) return sha256_.hex();
  const bool big_endian = kind_ == DigestKind::sha1;
  const uint64_t bits = total_ * 8;
  const uint8_t one = 0x80, zero = 0;
  update(&one, 1);
  while (total_ % 64 != 56) update(&zero, 1);
  uint8_t length[8];
  for (int i = 0; i < 8; i++) length[i] = static_cast<uint8_t>(bits >> 8 * (big_endian ? 7 - i : i));
  update(length, 8);
  std::string text;
  for (size_t word = 0; word < (big_endian ? 5u : 4u); word++)
    for (int i = 0; i < 4; i++) text += fmt::format("{:02x}", (state_[word] >> 8 * (big_endian ? 3 - i : i)) & 0xff);
  return text;
}

Digest git_blob_digest(int64_t bytes) {
  Digest d(DigestKind::sha1);
  const std::string header = fmt::format("blob {}", bytes);
  d.update(header.data(), header.size() + 1);  // with its zero byte
  return d;
}

bool is_hex(std::string_view text, size_t digits) {
  return text.size() == digits && std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace ceir
