// Loops that the compiler turns into vectors of whatever the including file is compiled for.
#pragma once
#include <cstring>

#include "kernels/base/threads.h"
#include "kernels/normal/normal.h"

namespace ceir {
namespace {

constexpr int normal_piece = 256;  // Philox blocks a piece; four numbers each

// Philox 4x32-10 for counters first, first + 1, ...: words[w][b] is word w of block b (see kernels/base/random.h).
inline void philox_blocks(const NormalFill& a, uint64_t first, uint32_t (*words)[normal_piece]) {
  for (int b = 0; b < normal_piece; b++) {
    const uint64_t counter = first + static_cast<uint64_t>(b);
    uint32_t c0 = static_cast<uint32_t>(counter), c1 = static_cast<uint32_t>(counter >> 32), c2 = a.stream[0], c3 = a.stream[1];
    uint32_t k0 = a.key[0], k1 = a.key[1];
    for (int round = 0; round < 10; round++) {
      const uint64_t p0 = uint64_t{0xD2511F53} * c0, p1 = uint64_t{0xCD9E8D57} * c2;
      c0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0;
      c1 = static_cast<uint32_t>(p1);
      c2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1;
      c3 = static_cast<uint32_t>(p0);
      k0 += 0x9E3779B9;
      k1 += 0xBB67AE85;
    }
    words[0][b] = c0, words[1][b] = c1, words[2][b] = c2, words[3][b] = c3;
  }
}

inline float bits_to_float(uint32_t u) { float f; std::memcpy(&f, &u, 4); return f; }
inline uint32_t float_to_bits(float f) { uint32_t u; std::memcpy(&u, &f, 4); return u; }

// -2 ln((w >> 8) + 1/2) 2^-24, by the series of 2 artanh((m - 1) / (m + 1)) for m in [sqrt 1/2, sqrt 2).
inline float minus_two_log(uint32_t word) {
  const float u = (static_cast<float>(static_cast<int32_t>(word >> 8)) + 0.5f) * 0x1p-24f;
  const uint32_t bits = float_to_bits(u) - 0x3f3504f3;  // sqrt 1/2
  const float e = static_cast<float>(static_cast<int32_t>(bits) >> 23);
  const float m = bits_to_float((bits & 0x7fffff) + 0x3f3504f3);
  const float s = (m - 1) / (m + 1), q = s * s;
  const float series = 2 * s * (1 + q * (0.33333333f + q * (0.2f + q * (0.14285714f + q * 0.11111111f))));
  return -2 * (series + e * 0.69314718f);
}

// cos and sin of 2 pi w / 2^32, by Taylor series about the nearest quarter turn.
inline void circle(uint32_t word, float* cosine, float* sine) {
  const uint32_t quadrant = (word + 0x20000000) >> 30;
  const float x = static_cast<float>(static_cast<int32_t>(word - (quadrant << 30))) * 1.4629180792671596e-9f;  // 2 pi / 2^32
  const float q = x * x;
  const float c = 1 + q * (-0.5f + q * (0.041666667f + q * (-0.0013888889f + q * 2.4801587e-5f)));
  const float s = x * (1 + q * (-0.16666667f + q * (0.0083333333f + q * (-1.9841270e-4f + q * 2.7557319e-6f))));
  const float a = quadrant & 1 ? s : c, b = quadrant & 1 ? c : s;
  *cosine = bits_to_float(float_to_bits(a) ^ (((quadrant + 1) & 2) << 30));
  *sine = bits_to_float(float_to_bits(b) ^ ((quadrant & 2) << 30));
}

inline void normal_fill(const NormalFill& a) {
  parallel_for((a.n + 3) / 4, normal_piece, [&](int64_t begin, int64_t end) {
    uint32_t words[4][normal_piece];
    float radius[2][normal_piece], normal[4][normal_piece];
    philox_blocks(a, static_cast<uint64_t>(begin), words);
    for (int half = 0; half < 2; half++) {
      for (int b = 0; b < normal_piece; b++) radius[half][b] = minus_two_log(words[2 * half][b]);
      for (int b = 0; b < normal_piece; b++) radius[half][b] = __builtin_sqrtf(radius[half][b]);
      for (int b = 0; b < normal_piece; b++) {
        float cosine, sine;
        circle(words[2 * half + 1][b], &cosine, &sine);
        normal[2 * half][b] = radius[half][b] * cosine;
        normal[2 * half + 1][b] = radius[half][b] * sine;
      }
    }
    for (int64_t b = begin; b < end; b++)
      for (int64_t w = 0; w < 4 && 4 * b + w < a.n; w++) a.out[4 * b + w] = normal[w][b - begin];
  });
}

}  // namespace
}  // namespace ceir
