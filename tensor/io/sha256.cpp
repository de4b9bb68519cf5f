#include "tensor/io/sha256.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "kernels/base/interrupt.h"
#include "tensor/io/file.h"
#include "tensor/io/sha256_block.h"

namespace ceir {

// FIPS 180-4, 4.2.2: fractional parts of the cube roots of the first 64 primes.
const uint32_t sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

Sha256::Sha256()
    : state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}, buffer_{} {}

void sha256_blocks_ref(uint32_t state[8], const uint8_t* p, size_t blocks) {
  for (; blocks > 0; blocks--, p += 64) {
    // The message schedule is a ring of 16 words, filled as the rounds go: it stays in registers and first-level cache.
    uint32_t w[16];
    for (int i = 0; i < 16; i++)
      w[i] = uint32_t{p[4 * i]} << 24 | uint32_t{p[4 * i + 1]} << 16 | uint32_t{p[4 * i + 2]} << 8 | p[4 * i + 3];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
    const auto round = [&](uint32_t ki, uint32_t wi) {
      const uint32_t t1 = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + (g ^ (e & (f ^ g))) + ki + wi;
      const uint32_t t2 = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) | (c & (a | b)));
      h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    };
    for (int i = 0; i < 16; i++) round(sha256_constants[i], w[i]);
    for (int i = 16; i < 64; i += 16)
#pragma GCC unroll 16
      for (int j = 0; j < 16; j++) {
        const uint32_t w15 = w[(j + 1) & 15], w2 = w[(j + 14) & 15];
        w[j] += (std::rotr(w15, 7) ^ std::rotr(w15, 18) ^ w15 >> 3) + w[(j + 9) & 15] + (std::rotr(w2, 17) ^ std::rotr(w2, 19) ^ w2 >> 10);
        round(sha256_constants[i + j], w[j]);
      }
    const uint32_t out[8] = {a, b, c, d, e, f, g, h};
    for (int i = 0; i < 8; i++) state[i] += out[i];
  }
}

void Sha256::blocks(const uint8_t* p, size_t n) {
  static const Sha256Blocks best = sha256_blocks_x86() ? sha256_blocks_x86() : sha256_blocks_ref;
  best(state_.data(), p, n);
}

Sha256& Sha256::update(const void* data, size_t bytes) {
  const uint8_t* p = static_cast<const uint8_t*>(data);
  size_t filled = total_ % 64;
  total_ += bytes;
  if (filled) {
    const size_t n = std::min(bytes, 64 - filled);
    std::memcpy(buffer_.data() + filled, p, n);
    p += n, bytes -= n, filled += n;
    if (filled < 64) return *this;
    blocks(buffer_.data(), 1);
  }
  if (const size_t whole = bytes / 64) blocks(p, whole), p += 64 * whole, bytes -= 64 * whole;
  if (bytes) std::memcpy(buffer_.data(), p, bytes);
  return *this;
}

std::string Sha256::hex() {
  const uint64_t bits = total_ * 8;
  const uint8_t end[64] = {0x80};
  const size_t filled = total_ % 64;
  update(end, filled < 56 ? 56 - filled : 120 - filled);
  uint8_t length[8];
  for (int i = 0; i < 8; i++) length[i] = static_cast<uint8_t>(bits >> (56 - 8 * i));
  update(length, 8);
  std::string s;
  for (const uint32_t word : state_)
    for (int shift = 28; shift >= 0; shift -= 4) s += "0123456789abcdef"[word >> shift & 15];
  return s;
}

std::string sha256_of(std::string_view bytes) { return Sha256().update(bytes).hex(); }

std::string sha256_of_file(const std::string& path) {
  const MappedFile file(path);
  const auto bytes = file.bytes();
  constexpr size_t step = size_t{16} << 20;  // pages are given back as we go: a large file does not push out the rest
  Sha256 sha;
  for (size_t i = 0; i < bytes.size(); i += step) {
    throw_if_interrupted();
    const size_t n = std::min(step, bytes.size() - i);
    sha.update(bytes.data() + i, n);
    file.forget(i, n);
  }
  return sha.hex();
}

}  // namespace ceir
