#include "weights/statistics.h"

#include <algorithm>
#include <cmath>

#include "kernels/base/interrupt.h"
#include "tensor/io/sha256.h"

namespace ceir {
namespace {

template <class T>
double as_double(T v) {
  if constexpr (std::is_same_v<T, f16> || std::is_same_v<T, bf16>) return static_cast<double>(widen(v));
  else return static_cast<double>(v);
}

template <class T>
void scan(std::span<const T> values, TensorStatistics& s) {
  double least = s.least.value_or(INFINITY), largest = s.largest.value_or(-INFINITY);
  for (const T raw : values) {
    const double v = as_double(raw);
    if (std::isnan(v)) s.nan_count++;
    else if (std::isinf(v)) s.infinite_count++;
    else least = std::min(least, v), largest = std::max(largest, v);
  }
  if (least <= largest) s.least = least, s.largest = largest;
}

// Tensors have no unsigned 64-bit integers; the range of those beyond i64 is worth seeing all the same.
void scan_u64(std::span<const std::byte> bytes, bool big_endian, TensorStatistics& s) {
  std::vector<uint64_t> values(bytes.size() / 8);
  for (size_t i = 0; i < values.size(); i++)
    for (size_t b = 0; b < 8; b++) values[i] |= static_cast<uint64_t>(bytes[8 * i + (big_endian ? 7 - b : b)]) << (8 * b);
  scan<uint64_t>(values, s);
}

void scan_tensor(const Tensor& t, TensorStatistics& s) {
  switch (t.dtype()) {
    case DType::f32: return scan(t.span<float>(), s);
    case DType::f64: return scan(t.span<double>(), s);
    case DType::bf16: return scan(t.span<bf16>(), s);
    case DType::f16: return scan(t.span<f16>(), s);
    case DType::i64: return scan(t.span<int64_t>(), s);
    case DType::i32: return scan(t.span<int32_t>(), s);
    case DType::i8: return scan(t.span<int8_t>(), s);
    case DType::u8: return scan(t.span<uint8_t>(), s);
  }
}

}  // namespace

TensorStatistics statistics_of(std::span<const std::byte> bytes, std::optional<Stored> type, bool big_endian, std::string_view what, Monitor* monitor) {
  TensorStatistics s;
  Sha256 sha;
  constexpr size_t step = size_t{4} << 20;  // a multiple of every element size; stays in the cache between hash and scan
  for (size_t at = 0; at < bytes.size(); at += step) {
    throw_if_interrupted();
    report(monitor, "inspect", static_cast<int64_t>(at), static_cast<int64_t>(bytes.size()), "bytes", what);
    const auto part = bytes.subspan(at, std::min(step, bytes.size() - at));
    sha.update(part.data(), part.size());
    if (!type) continue;
    if (*type == Stored::u64) scan_u64(part, big_endian, s);
    else scan_tensor(read_stored(part.data(), Shape{static_cast<int64_t>(part.size()) / size_of(*type)}, *type, big_endian, what), s);
  }
  s.sha256 = sha.hex();
  return s;
}

}  // namespace ceir
