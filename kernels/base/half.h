// bf16 and IEEE f16 as storage: widening is exact, narrowing rounds to nearest even.
#pragma once
#include <bit>
#include <cstdint>

namespace ceir {

struct bf16 { uint16_t bits; };
struct f16 { uint16_t bits; };

inline float widen(bf16 h) { return std::bit_cast<float>(static_cast<uint32_t>(h.bits) << 16); }

inline float widen(f16 h) {
  const uint32_t sign = static_cast<uint32_t>(h.bits & 0x8000) << 16;
  const uint32_t exponent = (h.bits >> 10) & 31, mantissa = h.bits & 1023;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000 | mantissa << 13);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
  const float tiny = static_cast<float>(mantissa) * 0x1p-24f;  // zero and subnormals, exact
  return std::bit_cast<float>(std::bit_cast<uint32_t>(tiny) | sign);
}

inline bf16 to_bf16(float f) {
  uint32_t u = std::bit_cast<uint32_t>(f);
  if ((u & 0x7fffffff) > 0x7f800000) return {static_cast<uint16_t>(u >> 16 | 0x40)};  // NaN stays NaN
  u += 0x7fff + (u >> 16 & 1);
  return {static_cast<uint16_t>(u >> 16)};
}

inline f16 to_f16(float f) {
  const uint32_t u = std::bit_cast<uint32_t>(f), sign = u >> 16 & 0x8000;
  const uint32_t a = u & 0x7fffffff;
  if (a > 0x7f800000) return {static_cast<uint16_t>(sign | 0x7e00 | (a >> 13 & 0x3ff))};
  if (a >= 0x477ff000) return {static_cast<uint16_t>(sign | 0x7c00)};  // rounds to 65536 or more
  if (a < 0x38800000) {  // below 2^-14: a multiple of 2^-24, rounded by adding a number whose ulp is that
    const float scaled = std::bit_cast<float>(a) + 0.5f;
    return {static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(scaled) - 0x3f000000))};
  }
  const uint32_t rounded = a + 0xfff + (a >> 13 & 1);
  return {static_cast<uint16_t>(sign | ((rounded >> 13) - (112 << 10)))};
}

}  // namespace ceir
