#include "tensor/convert.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace ceir {
namespace {

template <class T>
auto load(T v) {
  if constexpr (std::is_same_v<T, bf16> || std::is_same_v<T, f16>) return widen(v);
  else return v;
}

template <class To, class From>
To convert(From v) {
  if constexpr (std::is_same_v<To, From>) return v;
  else if constexpr (std::is_same_v<To, bf16>) return to_bf16(static_cast<float>(v));
  else if constexpr (std::is_same_v<To, f16>) return to_f16(static_cast<float>(v));
  else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<From>) {
    if (std::isnan(v)) return 0;
    if (v <= static_cast<From>(std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
    if (v >= static_cast<From>(std::numeric_limits<To>::max())) return std::numeric_limits<To>::max();
    return static_cast<To>(v);
  } else return static_cast<To>(v);
}

// Walks both views in C order; the innermost dimension is a plain loop.
template <class From, class To>
void walk(const From* from, const Strides& fs, To* to, const Strides& ts, const Shape& shape) {
  const int rank = shape.rank();
  if (shape.numel() == 0) return;
  const int64_t inner = rank ? shape[rank - 1] : 1;
  const int64_t fi = rank ? fs[static_cast<size_t>(rank - 1)] : 0, ti = rank ? ts[static_cast<size_t>(rank - 1)] : 0;
  std::array<int64_t, Shape::max_rank> index{};
  for (;;) {
    if constexpr (std::is_same_v<From, To>) {
      if (fi == 1 && ti == 1) std::memcpy(to, from, static_cast<size_t>(inner) * sizeof(To));
      else
        for (int64_t i = 0; i < inner; i++) to[i * ti] = from[i * fi];
    } else {
      for (int64_t i = 0; i < inner; i++) to[i * ti] = convert<To>(load(from[i * fi]));
    }
    int d = rank - 2;
    for (; d >= 0; d--) {
      const auto u = static_cast<size_t>(d);
      from += fs[u], to += ts[u];
      if (++index[u] < shape[d]) break;
      from -= fs[u] * shape[d], to -= ts[u] * shape[d];
      index[u] = 0;
    }
    if (d < 0) return;
  }
}

// On the CPU whatever this thread computes on.
template <class T>
T* first(const Tensor& t) { return reinterpret_cast<T*>(t.bytes_begin()); }

template <class Body>
void any_dtype(DType t, const Body& body) {
  switch (t) {
    case DType::f32: return body.template operator()<float>();
    case DType::f64: return body.template operator()<double>();
    case DType::bf16: return body.template operator()<bf16>();
    case DType::f16: return body.template operator()<f16>();
    case DType::i64: return body.template operator()<int64_t>();
    case DType::i32: return body.template operator()<int32_t>();
    case DType::i8: return body.template operator()<int8_t>();
    case DType::u8: return body.template operator()<uint8_t>();
  }
}

}  // namespace

void convert_elements(const Tensor& source, Tensor& target) {
  any_dtype(source.dtype(), [&]<class From>() {
    any_dtype(target.dtype(), [&]<class To>() {
      if (source.is_contiguous() && target.is_contiguous()) {  // one long row
        const Shape flat{source.numel()};
        const Strides one = contiguous_strides(flat);
        walk(first<From>(source), one, first<To>(target), one, flat);
      } else {
        walk(first<From>(source), source.strides(), first<To>(target), target.strides(), target.shape());
      }
    });
  });
}

}  // namespace ceir
