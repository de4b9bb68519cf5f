// Random numbers by counter (Philox 4x32-10; Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
// A stream is named by a seed and a purpose, so that adding a consumer never shifts another's numbers;
// any position can be reached at once, so that resuming needs no replay. Same bits on every machine.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ceir {

// One block of Philox 4x32-10: four 32-bit words from a counter of 128 and a key of 64 bits.
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

class Random {
 public:
  // `purpose` tells streams of one seed apart ("vae.noise"); `index` tells e.g. epochs or pictures apart.
  Random(uint64_t seed, std::string_view purpose, uint64_t index = 0);

  uint32_t bits32();
  uint64_t bits64();
  double uniform();                          // [0, 1), 53 bits
  double uniform(double low, double high);   // [low, high)
  uint64_t below(uint64_t n);                // 0 .. n-1, unbiased; n > 0
  double normal();                           // mean 0, variance 1 (Box-Muller)
  bool chance(double probability) { return uniform() < probability; }

  template <class T>
  void shuffle(std::vector<T>& v) {  // Fisher-Yates
    for (size_t i = v.size(); i > 1; i--) std::swap(v[i - 1], v[below(i)]);
  }
  std::vector<int64_t> permutation(int64_t n);  // of 0 .. n-1

  uint64_t position() const { return position_; }  // words of 32 bits drawn so far
  void seek(uint64_t position);
  std::array<uint32_t, 2> key() const { return key_; }        // Philox key and the high half of its counter,
  std::array<uint32_t, 2> stream() const { return stream_; }  // for generators that fill many numbers at once

 private:
  uint64_t position_ = 0;  // in 32-bit words
  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 2> stream_;
  std::array<uint32_t, 4> block_{};
  uint64_t block_index_ = UINT64_MAX;
};

// 64-bit hash of a string (FNV-1a, mixed): names of streams.
uint64_t hash_name(std::string_view name);

}  // namespace ceir
