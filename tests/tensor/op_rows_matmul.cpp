// Matrix products and attention.
#include "tests/tensor/op_rows.h"

namespace ceir::test {

using V = std::vector<Tensor>;

OpRows op_rows_matmul() {
  return {
      {"matmul", "", {drawn({3, 4}, 1), drawn({4, 5}, 2)}, [](const V& v) { return matmul(v[0], v[1]); }},
      {"matmul", "both transposed", {drawn({4, 3}, 3), drawn({5, 4}, 4)}, [](const V& v) { return matmul(v[0], v[1], true, true); }},
      {"matmul", "shared right operand", {drawn({2, 3, 4}, 5), drawn({4, 5}, 6)}, [](const V& v) { return matmul(v[0], v[1]); }},
      {"linear", "", {drawn({2, 3, 4}, 7), drawn({5, 4}, 8), drawn({5}, 9)}, [](const V& v) { return linear(v[0], v[1], v[2]); }},
      {"attention", "", {drawn({2, 2, 3, 4}, 10), drawn({2, 2, 5, 4}, 11), drawn({2, 2, 5, 4}, 12)},
       [](const V& v) { return attention(v[0], v[1], v[2]); }},
      {"attention", "causal", {drawn({1, 2, 4, 3}, 13), drawn({1, 2, 4, 3}, 14), drawn({1, 2, 4, 3}, 15)},
       [](const V& v) { return attention(v[0], v[1], v[2], true); }},
  };
}

}  // namespace ceir::test
