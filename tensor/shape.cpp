#include "tensor/shape.h"

#include <algorithm>
#include <string_view>

#include "kernels/base/error.h"
#include "tensor/dtype.h"

namespace ceir {

const char* name_of(DType t) {
  switch (t) {
    case DType::f32: return "f32";
    case DType::f64: return "f64";
    case DType::bf16: return "bf16";
    case DType::f16: return "f16";
    case DType::i64: return "i64";
    case DType::i32: return "i32";
    case DType::i8: return "i8";
    case DType::u8: return "u8";
  }
  return "?";
}

void refuse_dtype(std::string_view op, DType t) {
  fail(ErrorKind::internal, "{}: computes in f32 and f64, not in {}; convert with .to()", op, name_of(t));
}

Shape::Shape(std::span<const int64_t> dims) {
  if (dims.size() > max_rank) bad_input("a shape of {} dimensions; at most {} are supported", dims.size(), max_rank);
  rank_ = static_cast<int>(dims.size());
  std::copy(dims.begin(), dims.end(), dims_.begin());
  int64_t n = 1;
  for (const int64_t d : dims)
    if (d < 0 || __builtin_mul_overflow(n, std::max<int64_t>(d, 1), &n) || n > (int64_t{1} << 60))
      bad_input("shape {} has a negative or too large extent", str());
}

int64_t Shape::numel() const {
  int64_t n = 1;
  for (const int64_t d : span()) n *= d;
  return n;
}

Shape Shape::without(int dim) const {
  if (dim < 0) dim += rank_;
  Shape s;
  for (int i = 0; i < rank_; i++)
    if (i != dim) s.dims_[static_cast<size_t>(s.rank_++)] = (*this)[i];
  return s;
}

Shape Shape::with(int dim, int64_t size) const {
  Shape s = *this;
  s[dim < 0 ? dim + rank_ : dim] = size;
  return s;
}

Shape Shape::appended(int64_t size) const {
  Shape s = *this;
  if (s.rank_ == max_rank) bad_input("a shape of more than {} dimensions", max_rank);
  s.dims_[static_cast<size_t>(s.rank_++)] = size;
  return s;
}

bool Shape::operator==(const Shape& other) const { return std::ranges::equal(span(), other.span()); }

std::string Shape::str() const {
  std::string s = "(";
  for (int i = 0; i < rank_; i++) s += (i ? ", " : "") + std::to_string((*this)[i]);
  return s + ")";
}

Strides contiguous_strides(const Shape& shape) {
  Strides strides{};
  int64_t step = 1;
  for (int i = shape.rank() - 1; i >= 0; i--) {
    strides[static_cast<size_t>(i)] = step;
    step *= shape[i];
  }
  return strides;
}

Shape broadcast_shapes(std::string_view op, const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  std::array<int64_t, Shape::max_rank> dims{};
  for (int i = 1; i <= rank; i++) {
    const int64_t x = i <= a.rank() ? a.dim(-i) : 1, y = i <= b.rank() ? b.dim(-i) : 1;
    if (x != y && x != 1 && y != 1)
      fail(ErrorKind::internal, "{}: shapes {} and {} do not broadcast", op, a.str(), b.str());
    dims[static_cast<size_t>(rank - i)] = x == 1 ? y : x;
  }
  return Shape(std::span<const int64_t>(dims.data(), static_cast<size_t>(rank)));
}

}  // namespace ceir
