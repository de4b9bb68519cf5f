// The assignment problem (Kuhn 1955), by shortest augmenting paths (Jonker & Volgenant 1987; Crouse 2016): O(n^3).
#pragma once
#include <cstdint>
#include <vector>

#include "tensor/tensor.h"

namespace ceir {

struct Matching {
  std::vector<int64_t> rows, columns;  // pairs, min(R, C) of them, rows ascending
  double total;                        // sum of cost[rows[i], columns[i]]
};

// cost (R, C), any sign and size; minimises the total. Throws Error(bad_input) on NaN or infinity (names the place).
Matching solve_assignment(const Tensor& cost);

}  // namespace ceir
