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
      {"matmul", "batched, left transposed", {drawn({2, 4, 3}, 20), drawn({2, 4, 5}, 21)}, [](const V& v) { return matmul(v[0], v[1], true); }},
      {"matmul", "batched, right transposed, leading dimensions repeat on both sides", {drawn({2, 1, 3, 4}, 22), drawn({3, 5, 4}, 23)},
       [](const V& v) { return matmul(v[0], v[1], false, true); }},
      {"matmul", "a view of rows apart", {drawn({4, 6}, 24), drawn({4, 5}, 25)},
       [](const V& v) { return matmul(slice(v[0], 1, 1, 5, 2), v[1], true); }},
      {"linear", "no bias, x a slice", {drawn({2, 3, 9}, 26), drawn({5, 4}, 27)},
       [](const V& v) { return linear(slice(v[0], 2, 3, 7), v[1], {}); }},
      {"linear", "activation and residual", {drawn({3, 4}, 28), drawn({5, 4}, 29), drawn({5}, 30), drawn({3, 5}, 31)},
       [](const V& v) { return linear(v[0], v[1], v[2], {.activation = Unary::quick_gelu, .residual = v[3]}); }},
      {"linear", "residual alone", {drawn({2, 3, 4}, 32), drawn({4, 4}, 33), drawn({4}, 34)},
       [](const V& v) { return linear(v[0], v[1], v[2], {.residual = v[0]}); }},
      {"attention", "keys hidden by a mask, all of them for one image", {drawn({2, 2, 3, 4}, 35), drawn({2, 2, 5, 4}, 36), drawn({2, 2, 5, 4}, 37)},
       [](const V& v) {
         const Tensor mask = Tensor::from(std::vector<double>{1, 0, 1, 1, 0, 0, 0, 0, 0, 0}, {2, 1, 1, 5});
         return attention(v[0], v[1], v[2], false, mask);
       }},
      {"attention", "multi-head, causal",
       {drawn({2, 3, 6}, 38), drawn({18, 6}, 39), drawn({18}, 40), drawn({6, 6}, 41), drawn({6}, 42)},
       [](const V& v) { return multihead_attention(v[0], v[1], v[2], v[3], v[4], 2, true); }},
      {"attention", "", {drawn({2, 2, 3, 4}, 10), drawn({2, 2, 5, 4}, 11), drawn({2, 2, 5, 4}, 12)},
       [](const V& v) { return attention(v[0], v[1], v[2]); }},
      {"attention", "causal", {drawn({1, 2, 4, 3}, 13), drawn({1, 2, 4, 3}, 14), drawn({1, 2, 4, 3}, 15)},
       [](const V& v) { return attention(v[0], v[1], v[2], true); }},
  };
}

}  // namespace ceir::test
