// The extents of a tensor, at most 8 of them, kept in place (no allocation).
#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace ceir {

class Shape {
 public:
  static constexpr int max_rank = 8;
  Shape() = default;  // a scalar: rank 0, one element
  Shape(std::initializer_list<int64_t> dims) : Shape(std::span<const int64_t>(dims.begin(), dims.size())) {}
  explicit Shape(std::span<const int64_t> dims);  // throws Error: rank above 8, negative extent, or more than 2^62 elements

  int rank() const { return rank_; }
  int64_t numel() const;
  int64_t operator[](int i) const { return dims_[static_cast<size_t>(i)]; }
  int64_t& operator[](int i) { return dims_[static_cast<size_t>(i)]; }
  int64_t dim(int i) const { return dims_[static_cast<size_t>(i < 0 ? i + rank_ : i)]; }  // negative counts from the end
  std::span<const int64_t> span() const { return {dims_.data(), static_cast<size_t>(rank_)}; }
  const int64_t* begin() const { return dims_.data(); }
  const int64_t* end() const { return dims_.data() + rank_; }

  Shape without(int dim) const;             // dim removed
  Shape with(int dim, int64_t size) const;  // extent replaced
  Shape appended(int64_t size) const;
  bool operator==(const Shape& other) const;
  std::string str() const;  // "(2, 3, 8)"

 private:
  std::array<int64_t, max_rank> dims_{};
  int rank_ = 0;
};

using Strides = std::array<int64_t, Shape::max_rank>;  // in elements
Strides contiguous_strides(const Shape& shape);

// The common shape of two operands: trailing dimensions equal or 1. Throws Error naming `op` and both shapes.
Shape broadcast_shapes(std::string_view op, const Shape& a, const Shape& b);

}  // namespace ceir
