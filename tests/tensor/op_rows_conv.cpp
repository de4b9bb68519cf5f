// Convolution, pooling, embedding.
#include "tests/tensor/op_rows.h"

namespace ceir::test {

using V = std::vector<Tensor>;

OpRows op_rows_conv() {
  const Tensor ids = Tensor::from(std::vector<int64_t>{0, 3, 3, 1}, {2, 2});
  return {
      {"patches", "stride and padding", {drawn({2, 2, 5, 6}, 7)}, [](const V& v) { return patches(v[0], 3, 2, 2, 1); }},
      {"conv2d", "a patch embedding", {drawn({2, 2, 6, 9}, 8), drawn({5, 18}, 9), drawn({5}, 10)},
       [](const V& v) { return patch_embedding(v[0], v[1], v[2], 3); }},
      {"conv2d", "no bias, pixels that no window sees", {drawn({1, 2, 5, 4}, 11), drawn({3, 2, 1, 1}, 12)},
       [](const V& v) { return conv2d(v[0], v[1], Tensor(), 2, 0); }},
      {"conv2d", "convolution with stride and padding", {drawn({2, 2, 5, 6}, 1), drawn({3, 2, 3, 3}, 2), drawn({3}, 3)},
       [](const V& v) { return conv2d(v[0], v[1], v[2], 2, 1); }},
      {"embedding", "repeated ids", {drawn({5, 3}, 4)}, [ids](const V& v) { return embedding(v[0], ids); }},
      {"max_pool2d", "no ties", {drawn({2, 2, 5, 6}, 5)}, [](const V& v) { return max_pool2d(v[0], 3, 2, 1); }, 1e-6},
      {"max_pool2d", "channels last", {drawn({2, 5, 6, 4}, 13)}, [](const V& v) { return max_pool2d_channels_last(v[0], 3, 2, 1); }, 1e-6},
      {"avg_pool2d", "channels last", {drawn({2, 4, 5, 3}, 14)}, [](const V& v) { return avg_pool2d_channels_last(v[0], 2, 2); }},
      {"avg_pool2d", "odd rest dropped", {drawn({2, 2, 4, 5}, 6)}, [](const V& v) { return avg_pool2d(v[0], 2, 2); }},
  };
}

}  // namespace ceir::test
