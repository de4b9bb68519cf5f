#include "kernels/base/random.h"

#include <utility>

#include "kernels/base/portable_math.h"

namespace ceir {

std::array<uint32_t, 4> philox(std::array<uint32_t, 4> c, std::array<uint32_t, 2> k) {
  for (int round = 0; round < 10; round++) {
    const uint64_t p0 = uint64_t{0xD2511F53} * c[0], p1 = uint64_t{0xCD9E8D57} * c[2];
    c = {static_cast<uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<uint32_t>(p1),
         static_cast<uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<uint32_t>(p0)};
    k[0] += 0x9E3779B9;
    k[1] += 0xBB67AE85;
  }
  return c;
}

uint64_t hash_name(std::string_view name) {
  uint64_t h = 0xcbf29ce484222325;
  for (const char ch : name) h = (h ^ static_cast<unsigned char>(ch)) * 0x100000001b3;
  h ^= h >> 31;  // FNV's high bits are weak for short names; finish as splitmix64 does
  h *= 0xbf58476d1ce4e5b9;
  return h ^ h >> 29;
}

Random::Random(uint64_t seed, std::string_view purpose, uint64_t index) {
  key_ = {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
  const uint64_t name = hash_name(purpose) + index * 0x9E3779B97F4A7C15;
  stream_ = {static_cast<uint32_t>(name), static_cast<uint32_t>(name >> 32)};
}

uint32_t Random::bits32() {
  const uint64_t block = position_ / 4;
  if (block != block_index_) {
    block_ = philox({static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), stream_[0], stream_[1]}, key_);
    block_index_ = block;
  }
  return block_[position_++ % 4];
}

uint64_t Random::bits64() {
  const uint64_t low = bits32();
  return low | static_cast<uint64_t>(bits32()) << 32;
}

void Random::seek(uint64_t position) { position_ = position; }

double Random::uniform() { return static_cast<double>(bits64() >> 11) * 0x1p-53; }
double Random::uniform(double low, double high) { return low + (high - low) * uniform(); }

uint64_t Random::below(uint64_t n) {
  const uint64_t limit = UINT64_MAX - UINT64_MAX % n;  // a multiple of n: values beyond it would favour small results
  for (;;) {
    const uint64_t x = bits64();
    if (x < limit) return x % n;
  }
}

double Random::normal() {
  const double u = (static_cast<double>(bits64() >> 11) + 0.5) * 0x1p-53;  // (0, 1)
  const double radius = portable::sqrt(-2 * portable::log(u));
  return radius * portable::cos_turns(uniform());
}

std::vector<int64_t> Random::permutation(int64_t n) {
  std::vector<int64_t> p(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; i++) p[static_cast<size_t>(i)] = i;
  shuffle(p);
  return p;
}

}  // namespace ceir
