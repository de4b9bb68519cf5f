// Softmax and the normalisations.
#include "tests/tensor/op_rows.h"

namespace ceir::test {

using V = std::vector<Tensor>;

OpRows op_rows_rows() {
  const auto batchnorm_of = [](int64_t channels, bool training) {
    return [=](const V& v) {  // fresh running statistics at every call: they move
      Tensor mean = beside(drawn({channels}, 90), v[0]), var = beside(drawn({channels}, 91, 0.5, 2), v[0]);
      return batchnorm(v[0], v[1], v[2], mean, var, training);
    };
  };
  return {
      {"softmax", "", {drawn({3, 7}, 1)}, [](const V& v) { return softmax(v[0]); }},
      {"softmax", "causal", {drawn({2, 5, 5}, 2)}, [](const V& v) { return softmax(v[0], true); }},
      {"softmax", "width 1", {drawn({3, 1}, 3)}, [](const V& v) { return softmax(v[0]); }},
      {"softmax", "large entries", {drawn({2, 4}, 4, 700, 702)}, [](const V& v) { return softmax(v[0]); }, 1e-6},
      {"log_softmax", "", {drawn({3, 7}, 5)}, [](const V& v) { return log_softmax(v[0]); }},
      {"layernorm", "", {drawn({2, 3, 6}, 6), drawn({6}, 7), drawn({6}, 8)},
       [](const V& v) { return layernorm(v[0], v[1], v[2], 1e-5); }},
      {"layernorm", "mean 1000", {drawn({2, 6}, 9, 999, 1001), drawn({6}, 10), drawn({6}, 11)},
       [](const V& v) { return layernorm(v[0], v[1], v[2], 1e-5); }, 1e-6},
      {"batchnorm", "training", {drawn({7, 4}, 12), drawn({4}, 13), drawn({4}, 14)}, batchnorm_of(4, true)},
      {"batchnorm", "training, images", {drawn({2, 3, 2, 4}, 15), drawn({3}, 16), drawn({3}, 17)}, batchnorm_of(3, true)},
      {"batchnorm", "evaluation", {drawn({5, 4}, 18), drawn({4}, 19), drawn({4}, 20)}, batchnorm_of(4, false)},
      {"batchnorm", "evaluation, images", {drawn({2, 3, 2, 2}, 21), drawn({3}, 22), drawn({3}, 23)}, batchnorm_of(3, false)},
      {"l2_normalise", "", {drawn({3, 7}, 24)}, [](const V& v) { return l2_normalise(v[0]); }},
  };
}

}  // namespace ceir::test
