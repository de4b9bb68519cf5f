// Checks that every stage makes of the matrices it is given.
#pragma once
#include <string_view>

#include "tensor/tensor.h"

namespace ceir {

// Throws Error(bad_input) naming the first row and column with a NaN or an infinity. x (N, ...), f32 or f64.
void require_finite(std::string_view what, const Tensor& x);

// Throws Error(bad_input) unless x is a float matrix (N, `columns`) with at least `rows` rows; columns -1 = any above 0.
void require_matrix(std::string_view what, const Tensor& x, int64_t rows, int64_t columns = -1);

}  // namespace ceir
