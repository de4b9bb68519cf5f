#include "models/check.h"

#include <cmath>

namespace ceir {

void require_finite(std::string_view what, const Tensor& x) {
  const Tensor c = x.contiguous();
  dispatch(what, c.dtype(), [&]<class T>() {
    const auto v = c.span<T>();
    const int64_t rows = c.rank() ? c.dim(0) : 1, width = rows ? c.numel() / rows : 0;
    for (int64_t r = 0; r < rows; r++) {
      const T* row = v.data() + r * width;
      T sum = 0;  // x - x is 0 for a number, NaN otherwise
      for (int64_t k = 0; k < width; k++) sum += row[k] - row[k];
      if (sum == 0) continue;
      for (int64_t k = 0; k < width; k++)
        if (!std::isfinite(row[k]))
          bad_input("{}: row {}, column {} is {}; every value must be a finite number", what, r, k,
                    std::isnan(row[k]) ? "NaN" : "infinite");
    }
  });
}

void require_matrix(std::string_view what, const Tensor& x, int64_t rows, int64_t columns) {
  if (!x.defined() || x.rank() != 2 || !is_float(x.dtype()))
    bad_input("{}: expected a matrix of floating-point numbers, got {}", what,
              x.defined() ? fmt::format("{} {}", name_of(x.dtype()), x.shape().str()) : std::string("nothing"));
  if (columns >= 0 && x.dim(1) != columns) bad_input("{}: has {} columns, expected {}", what, x.dim(1), columns);
  if (x.dim(1) == 0) bad_input("{}: has no columns", what);
  if (x.dim(0) < rows) bad_input("{}: has {} rows, at least {} are needed", what, x.dim(0), rows);
}

}  // namespace ceir
