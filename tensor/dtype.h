// What an element is. Arithmetic is done in f32 and f64; the others are storage that converts exactly (widening)
// or with rounding to nearest even (narrowing).
#pragma once
#include <cstdint>
#include <string_view>

#include "kernels/base/half.h"

namespace ceir {

enum class DType : uint8_t { f32, f64, bf16, f16, i64, i32, i8, u8 };

constexpr int64_t size_of(DType t) {
  switch (t) {
    case DType::f64: case DType::i64: return 8;
    case DType::f32: case DType::i32: return 4;
    case DType::bf16: case DType::f16: return 2;
    default: return 1;
  }
}
constexpr bool is_float(DType t) { return t == DType::f32 || t == DType::f64 || t == DType::bf16 || t == DType::f16; }
const char* name_of(DType t);  // "f32"

template <class T> struct DTypeOf;
template <> struct DTypeOf<float> { static constexpr DType value = DType::f32; };
template <> struct DTypeOf<double> { static constexpr DType value = DType::f64; };
template <> struct DTypeOf<bf16> { static constexpr DType value = DType::bf16; };
template <> struct DTypeOf<f16> { static constexpr DType value = DType::f16; };
template <> struct DTypeOf<int64_t> { static constexpr DType value = DType::i64; };
template <> struct DTypeOf<int32_t> { static constexpr DType value = DType::i32; };
template <> struct DTypeOf<int8_t> { static constexpr DType value = DType::i8; };
template <> struct DTypeOf<uint8_t> { static constexpr DType value = DType::u8; };
template <class T> constexpr DType dtype_of = DTypeOf<T>::value;

// The two types that are computed in. dispatch("softmax", x.dtype(), [&]<class T>() { ... });
[[noreturn]] void refuse_dtype(std::string_view op, DType t);
template <class Body>
auto dispatch(std::string_view op, DType t, const Body& body) {
  if (t == DType::f32) return body.template operator()<float>();
  if (t == DType::f64) return body.template operator()<double>();
  refuse_dtype(op, t);
}

// Of an operation's two tables the one for T: table_for<T>(softmax_variants, softmax_f64_variants)(args).
template <class T, class F32, class F64>
constexpr const auto& table_for(const F32& f32, const F64& f64) {
  if constexpr (dtype_of<T> == DType::f32) return f32;
  else return f64;
}

}  // namespace ceir
