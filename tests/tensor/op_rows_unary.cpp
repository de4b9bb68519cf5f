// Functions of one element, and arithmetic with broadcasting.
#include "tests/tensor/op_rows.h"

namespace ceir::test {

using V = std::vector<Tensor>;

OpRows op_rows_unary() {
  const auto of = [](Unary f) { return [f](const V& v) { return apply(f, v[0]); }; };
  return {
      {"exp", "", {drawn({3, 7}, 1)}, of(Unary::exp)},
      {"log", "positive entries", {drawn({3, 7}, 2, 0.2, 3)}, of(Unary::log)},
      {"tanh", "", {drawn({3, 7}, 3, -4, 4)}, of(Unary::tanh)},
      {"sigmoid", "", {drawn({3, 7}, 4, -6, 6)}, of(Unary::sigmoid)},
      {"relu", "away from its kink", {drawn_off_zero({3, 7}, 5)}, of(Unary::relu)},
      {"gelu_erf", "", {drawn({3, 7}, 6, -5, 5)}, of(Unary::gelu_erf)},
      {"gelu_tanh", "", {drawn({3, 7}, 7, -5, 5)}, of(Unary::gelu_tanh)},
      {"quick_gelu", "", {drawn({3, 7}, 8, -5, 5)}, of(Unary::quick_gelu)},
      {"quick_gelu", "of a transposed view", {drawn({3, 7}, 9)}, [](const V& v) { return quick_gelu(transpose(v[0], 0, 1)); }},
      {"add", "equal shapes", {drawn({2, 5}, 10), drawn({2, 5}, 11)}, [](const V& v) { return v[0] + v[1]; }},
      {"add", "bias of the last dimension", {drawn({2, 3, 5}, 12), drawn({5}, 13)}, [](const V& v) { return v[0] + v[1]; }},
      {"add", "both repeated", {drawn({4, 1}, 14), drawn({2, 1, 3}, 15)}, [](const V& v) { return v[0] + v[1]; }},
      {"add", "a scalar", {drawn({2, 3}, 16), drawn({}, 17)}, [](const V& v) { return v[0] + v[1]; }},
      {"add", "one tensor twice", {drawn({2, 3}, 18)}, [](const V& v) { return v[0] + v[0]; }},
      {"sub", "equal shapes", {drawn({2, 5}, 19), drawn({2, 5}, 20)}, [](const V& v) { return v[0] - v[1]; }},
      {"sub", "column repeated", {drawn({2, 3, 5}, 21), drawn({3, 1}, 22)}, [](const V& v) { return v[1] - v[0]; }},
      {"mul", "equal shapes", {drawn({2, 5}, 23), drawn({2, 5}, 24)}, [](const V& v) { return v[0] * v[1]; }},
      {"mul", "middle repeated", {drawn({2, 3, 5}, 25), drawn({2, 1, 5}, 26)}, [](const V& v) { return v[0] * v[1]; }},
      {"mul", "a square", {drawn({2, 5}, 27)}, [](const V& v) { return v[0] * v[0]; }},
      {"mul", "a view with a step", {drawn({4, 6}, 28), drawn({2, 3}, 29)},
       [](const V& v) { return slice(slice(v[0], 0, 0, 4, 2), 1, 1, 6, 2) * v[1]; }},
      {"div", "equal shapes", {drawn({2, 5}, 30), drawn({2, 5}, 31, 0.5, 2)}, [](const V& v) { return v[0] / v[1]; }},
      {"div", "column repeated", {drawn({2, 3, 5}, 32), drawn({3, 1}, 33, 0.5, 2)}, [](const V& v) { return v[0] / v[1]; }},
      {"div", "numerator repeated", {drawn({3, 1}, 34), drawn({2, 3, 5}, 35, 0.5, 2)}, [](const V& v) { return v[0] / v[1]; }},
      {"scale", "", {drawn({2, 5}, 36)}, [](const V& v) { return scale(v[0], -2.5); }},
      {"shift", "", {drawn({2, 5}, 37)}, [](const V& v) { return shift(v[0], 0.75); }},
  };
}

}  // namespace ceir::test
