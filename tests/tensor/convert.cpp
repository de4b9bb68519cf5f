// Conversions between types: exact where that is possible, to nearest even where not.
#include "tensor/convert.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

using namespace ceir;

// The value of IEEE half bits, from its definition.
static double half_value(uint16_t bits) {
  const double sign = bits & 0x8000 ? -1 : 1;
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  if (exponent == 31) return mantissa ? NAN : sign * INFINITY;
  return sign * (exponent ? std::ldexp(1024 + mantissa, exponent - 25) : std::ldexp(mantissa, -24));
}

TEST_CASE("f16: all 65536 values widen exactly and come back") {
  int wrong = 0;
  for (uint32_t b = 0; b < 65536; b++) {
    const auto bits = static_cast<uint16_t>(b);
    const double want = half_value(bits);
    const float got = widen(f16{bits});
    if (std::isnan(want)) wrong += !std::isnan(got) || !std::isnan(widen(to_f16(got)));
    else wrong += static_cast<double>(got) != want || to_f16(got).bits != bits;
  }
  CHECK(wrong == 0);
}

TEST_CASE("bf16: all 65536 values are the upper half of a float and come back") {
  int wrong = 0;
  for (uint32_t b = 0; b < 65536; b++) {
    const auto bits = static_cast<uint16_t>(b);
    const float got = widen(bf16{bits});
    if (std::isnan(std::bit_cast<float>(b << 16))) wrong += !std::isnan(got) || !std::isnan(widen(to_bf16(got)));
    else wrong += std::bit_cast<uint32_t>(got) != b << 16 || to_bf16(got).bits != bits;
  }
  CHECK(wrong == 0);
}

TEST_CASE("f16, bf16: what lies between two values goes to the nearer one, halfway to the even one") {
  int wrong = 0;
  for (uint32_t b = 0; b < 0x7bff; b++) {  // neighbours of positive finite f16
    const double low = half_value(static_cast<uint16_t>(b)), high = half_value(static_cast<uint16_t>(b + 1)), middle = (low + high) / 2;
    const auto m = static_cast<float>(middle);
    wrong += to_f16(m).bits != (b % 2 ? b + 1 : b);
    wrong += to_f16(std::nextafter(m, 0.0f)).bits != b;
    wrong += to_f16(std::nextafter(m, INFINITY)).bits != b + 1;
  }
  for (uint32_t b = 0; b < 0x7f7f; b++) {
    const float m = std::bit_cast<float>(b << 16 | 0x8000);
    wrong += to_bf16(m).bits != (b % 2 ? b + 1 : b);
    wrong += to_bf16(std::bit_cast<float>(b << 16 | 0x7fff)).bits != b;
    wrong += to_bf16(std::bit_cast<float>(b << 16 | 0x8001)).bits != b + 1;
  }
  CHECK(wrong == 0);
  CHECK(widen(to_f16(65519.0f)) == 65504.0f);
  CHECK(std::isinf(widen(to_f16(65520.0f))));
  CHECK(to_f16(0x1p-26f).bits == 0);
  CHECK(std::isinf(widen(to_bf16(std::numeric_limits<float>::max()))));
}

TEST_CASE("convert: floats to integers truncate, saturate, and NaN becomes 0") {
  const Tensor x = Tensor::from(std::vector<double>{1.9, -1.9, 1e30, -1e30, NAN, 200}, {6});
  CHECK(x.to(DType::i8).values() == std::vector<double>{1, -1, 127, -128, 0, 127});
  CHECK(x.to(DType::u8).values() == std::vector<double>{1, 0, 255, 0, 0, 200});
  CHECK(x.to(DType::i32).values() == std::vector<double>{1, -1, 2147483647, -2147483648.0, 0, 200});
}

TEST_CASE("convert: between views with strides") {
  const Tensor x = Tensor::from(std::vector<float>{0, 1, 2, 3, 4, 5}, {2, 3});
  Tensor y = Tensor::zeros({3, 4}, DType::f64);
  Tensor target = y.view({3, 2}, {4, 2}, 1);
  convert_elements(x.view({3, 2}, {1, 3}, 0), target);
  CHECK(y.values() == std::vector<double>{0, 0, 0, 3, 0, 1, 0, 4, 0, 2, 0, 5});
}
