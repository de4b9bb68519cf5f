// Some of the rows, columns or names.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace ceir {

// Copies, not recorded; an index outside the tensor throws Error(internal).
Tensor select_rows(const Tensor& x, const std::vector<int64_t>& rows);        // (N, ...) -> (rows, ...)
Tensor select_columns(const Tensor& x, const std::vector<int64_t>& columns);  // (N, K) -> (N, columns)
std::vector<std::string> select(const std::vector<std::string>& names, const std::vector<int64_t>& indices);
std::vector<int64_t> other_rows(int64_t n, const std::vector<int64_t>& rows);  // those of 0 .. n-1 not in `rows`, ascending

}  // namespace ceir
