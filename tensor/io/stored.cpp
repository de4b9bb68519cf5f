#include "tensor/io/stored.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/base/half.h"

namespace ceir {
namespace {

constexpr bool host_is_big = std::endian::native == std::endian::big;

template <class T>
T load(const std::byte* p, bool swap) {
  std::byte raw[sizeof(T)];
  if (swap)
    for (size_t i = 0; i < sizeof(T); i++) raw[i] = p[sizeof(T) - 1 - i];
  else
    std::memcpy(raw, p, sizeof(T));
  T value;
  std::memcpy(&value, raw, sizeof(T));
  return value;
}

template <class From, class To, class Convert>
Tensor each(const std::byte* data, const Shape& shape, bool swap, const Convert& convert) {
  Tensor t = Tensor::empty(shape, dtype_of<To>);
  To* out = t.data<To>();
  for (int64_t i = 0, n = shape.numel(); i < n; i++) out[i] = convert(load<From>(data + i * static_cast<int64_t>(sizeof(From)), swap));
  return t;
}

template <class T>
Tensor same(const std::byte* data, const Shape& shape, bool swap) {
  if (swap) return each<T, T>(data, shape, true, [](T v) { return v; });
  Tensor t = Tensor::empty(shape, dtype_of<T>);
  if (t.bytes()) std::memcpy(t.bytes_begin(), data, static_cast<size_t>(t.bytes()));
  return t;
}

// Micikevicius et al. 2022, "FP8 formats for deep learning", table 1.
float from_e4m3(uint8_t v) {  // no infinities; S.1111.111 is NaN
  const float sign = v & 0x80 ? -1.0f : 1.0f;
  const int exponent = v >> 3 & 15, mantissa = v & 7;
  if (exponent == 15 && mantissa == 7) return std::numeric_limits<float>::quiet_NaN();
  return sign * (exponent ? std::ldexp(static_cast<float>(8 + mantissa), exponent - 10) : std::ldexp(static_cast<float>(mantissa), -9));
}
float from_e5m2(uint8_t v) { return widen(f16{static_cast<uint16_t>(v << 8)}); }  // the upper half of an f16
float from_e8m0(uint8_t v) {  // a scale: 2^(v - 127), 255 is NaN (OCP Microscaling Formats 1.0, section 5.4.1)
  return v == 255 ? std::numeric_limits<float>::quiet_NaN() : std::ldexp(1.0f, v - 127);
}

}  // namespace

int64_t size_of(Stored t) {
  switch (t) {
    case Stored::u64: case Stored::i64: case Stored::f64: return 8;
    case Stored::u32: case Stored::i32: case Stored::f32: return 4;
    case Stored::u16: case Stored::i16: case Stored::f16: case Stored::bf16: return 2;
    default: return 1;
  }
}

DType dtype_of_stored(Stored t) {
  switch (t) {
    case Stored::boolean: case Stored::u8: return DType::u8;
    case Stored::i8: return DType::i8;
    case Stored::i32: return DType::i32;
    case Stored::u16: case Stored::i16: case Stored::u32: case Stored::u64: case Stored::i64: return DType::i64;
    case Stored::f16: return DType::f16;
    case Stored::bf16: return DType::bf16;
    case Stored::f64: return DType::f64;
    default: return DType::f32;
  }
}

bool can_borrow(const std::byte* data, Stored t, bool big_endian) {
  const bool widened = t == Stored::boolean || size_of(t) != size_of(dtype_of_stored(t));
  const bool swap = size_of(t) > 1 && big_endian != host_is_big;
  return !widened && !swap && reinterpret_cast<uintptr_t>(data) % static_cast<uintptr_t>(size_of(t)) == 0;
}

Tensor read_stored(const std::byte* data, const Shape& shape, Stored type, bool big_endian, std::string_view what) {
  const bool swap = big_endian != host_is_big;
  const auto wide = [](auto v) { return static_cast<int64_t>(v); };
  switch (type) {
    case Stored::boolean: return each<uint8_t, uint8_t>(data, shape, false, [](uint8_t v) -> uint8_t { return v != 0; });
    case Stored::u8: return same<uint8_t>(data, shape, false);
    case Stored::i8: return same<int8_t>(data, shape, false);
    case Stored::u16: return each<uint16_t, int64_t>(data, shape, swap, wide);
    case Stored::i16: return each<int16_t, int64_t>(data, shape, swap, wide);
    case Stored::u32: return each<uint32_t, int64_t>(data, shape, swap, wide);
    case Stored::i32: return same<int32_t>(data, shape, swap);
    case Stored::u64:
      return each<uint64_t, int64_t>(data, shape, swap, [&](uint64_t v) {
        if (v > static_cast<uint64_t>(INT64_MAX)) bad_input("{}: the value {} does not fit in a signed 64-bit integer", what, v);
        return static_cast<int64_t>(v);
      });
    case Stored::i64: return same<int64_t>(data, shape, swap);
    case Stored::f16: return same<f16>(data, shape, swap);
    case Stored::bf16: return same<bf16>(data, shape, swap);
    case Stored::f32: return same<float>(data, shape, swap);
    case Stored::f64: return same<double>(data, shape, swap);
    case Stored::f8_e4m3: return each<uint8_t, float>(data, shape, false, from_e4m3);
    case Stored::f8_e5m2: return each<uint8_t, float>(data, shape, false, from_e5m2);
    case Stored::f8_e8m0: return each<uint8_t, float>(data, shape, false, from_e8m0);
  }
  fail(ErrorKind::internal, "{}: unknown stored type", what);
}

}  // namespace ceir
