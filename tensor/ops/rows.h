// Operations on the last dimension see a tensor as rows.
#pragma once
#include <string_view>

#include "tensor/tensor.h"

namespace ceir {

struct Rows {
  int64_t rows, width;
};

// (..., C) -> rows = product of the leading extents, width = C. Throws Error naming `op` for a scalar.
inline Rows as_rows(std::string_view op, const Tensor& x) {
  if (x.rank() == 0) fail(ErrorKind::internal, "{}: a scalar has no last dimension", op);
  const int64_t width = x.dim(-1);
  int64_t rows = 1;
  for (int i = 0; i + 1 < x.rank(); i++) rows *= x.dim(i);
  return {rows, width};
}

// -1 -> the last dimension. Throws Error naming `op` when there is no such dimension.
inline int checked_dim(std::string_view op, const Tensor& x, int dim) {
  const int d = dim < 0 ? dim + x.rank() : dim;
  if (d < 0 || d >= x.rank()) fail(ErrorKind::internal, "{}: shape {} has no dimension {}", op, x.shape().str(), dim);
  return d;
}

}  // namespace ceir
