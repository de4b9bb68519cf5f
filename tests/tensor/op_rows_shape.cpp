// Views, concat, reductions.
#include "tests/tensor/op_rows.h"

namespace ceir::test {

using V = std::vector<Tensor>;

OpRows op_rows_shape() {
  return {
      {"reshape", "", {drawn({2, 3, 4}, 1)}, [](const V& v) { return reshape(v[0], {6, -1}); }},
      {"reshape", "of a permuted view", {drawn({2, 3, 4}, 2)}, [](const V& v) { return reshape(permute(v[0], {2, 0, 1}), {4, 6}); }},
      {"permute", "", {drawn({2, 3, 4, 2}, 3)}, [](const V& v) { return permute(v[0], {3, 1, 0, 2}); }},
      {"permute", "transpose of the last two", {drawn({2, 3, 4}, 4)}, [](const V& v) { return transpose(v[0], -1, -2); }},
      {"slice", "", {drawn({2, 9, 3}, 5)}, [](const V& v) { return slice(v[0], 1, 1, 8, 3); }},
      {"slice", "from the end", {drawn({2, 9}, 6)}, [](const V& v) { return slice(v[0], -1, -4, 9); }},
      {"slice", "overlapping parts add up", {drawn({6}, 7)},
       [](const V& v) { return slice(v[0], 0, 0, 4) * slice(v[0], 0, 2, 6); }},
      {"concat", "along 0", {drawn({1, 3}, 8), drawn({2, 3}, 9)}, [](const V& v) { return concat({v[0], v[1]}, 0); }},
      {"concat", "along the middle, one part twice", {drawn({2, 1, 3}, 10), drawn({2, 2, 3}, 11)},
       [](const V& v) { return concat({v[0], v[1], v[0]}, 1); }},
      {"broadcast_to", "", {drawn({3, 1}, 12)}, [](const V& v) { return broadcast_to(v[0], {2, 3, 4}); }},
      {"broadcast_to", "class token before the patches", {drawn({1, 4}, 13), drawn({2, 3, 4}, 14)},
       [](const V& v) { return concat({broadcast_to(v[0], {2, 1, 4}), v[1]}, 1); }},
      {"sum", "of everything", {drawn({3, 5}, 15)}, [](const V& v) { return sum(v[0]); }},
      {"sum", "over the first dimension", {drawn({3, 2, 5}, 16)}, [](const V& v) { return sum(v[0], 0); }},
      {"sum", "over the middle", {drawn({3, 2, 5}, 17)}, [](const V& v) { return sum(v[0], 1); }},
      {"mean", "of everything", {drawn({3, 5}, 18)}, [](const V& v) { return mean(v[0]); }},
      {"mean", "over the last dimension", {drawn({3, 2, 5}, 19)}, [](const V& v) { return mean(v[0], -1); }},
      {"variance", "biased, last", {drawn({3, 7}, 20)}, [](const V& v) { return variance(v[0], -1, false); }},
      {"variance", "unbiased, first", {drawn({7, 3}, 21)}, [](const V& v) { return variance(v[0], 0, true); }},
  };
}

}  // namespace ceir::test
