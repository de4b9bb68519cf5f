// Losses.
#include "tests/tensor/op_rows.h"

namespace ceir::test {

using V = std::vector<Tensor>;

OpRows op_rows_losses() {
  const Tensor labels = Tensor::from(std::vector<int64_t>{2, 0, 4}, {3}), target = drawn({3, 4}, 1, -2, 2), noise = drawn({3, 4}, 2);
  return {
      {"cross_entropy", "", {drawn({3, 5}, 3)}, [labels](const V& v) { return cross_entropy(v[0], labels); }},
      {"binary_cross_entropy_sum", "targets outside [0, 1]", {drawn({3, 4}, 4, 0.1, 0.9)},
       [target](const V& v) { return binary_cross_entropy_sum(v[0], beside(target, v[0])); }},
      {"squared_error_sum", "", {drawn({3, 4}, 5), drawn({3, 4}, 6)}, [](const V& v) { return squared_error_sum(v[0], v[1]); }},
      {"kl_gaussian", "", {drawn({3, 4}, 7), drawn({3, 4}, 8)}, [](const V& v) { return kl_gaussian(v[0], v[1]); }},
      {"reparameterise", "", {drawn({3, 4}, 9), drawn({3, 4}, 10)}, [noise](const V& v) { return reparameterise(v[0], v[1], beside(noise, v[0])); }},
      {"reparameterise", "the noise as well", {drawn({3, 4}, 15), drawn({3, 4}, 16), drawn({3, 4}, 17)},
       [](const V& v) { return reparameterise(v[0], v[1], v[2]); }},
      {"latent_code", "code and divergence", {drawn({3, 4}, 21), drawn({3, 4}, 22)}, [noise](const V& v) {
         const LatentCode c = latent_code(v[0], v[1], beside(noise, v[0]));
         return add(c.z, scale(c.divergence, 0.3));
       }},
      {"latent_code", "the code alone", {drawn({3, 4}, 23), drawn({3, 4}, 24)}, [noise](const V& v) { return latent_code(v[0], v[1], beside(noise, v[0])).z; }},
      {"latent_code", "the divergence alone", {drawn({3, 4}, 25), drawn({3, 4}, 26)},
       [noise](const V& v) { return latent_code(v[0], v[1], beside(noise, v[0])).divergence; }},
      {"cross_entropy", "in CLIP's contrastive loss", {drawn({4, 6}, 18), drawn({4, 6}, 19), drawn({}, 20, 0.5, 1)},
       [](const V& v) { return clip_contrastive(v[0], v[1], v[2]); }},
      {"cos_cubed", "", {drawn({9, 3}, 11), drawn({9, 3}, 12)}, [](const V& v) { return cos_cubed(v[0], v[1]); }},
      {"cos_cubed", "the loss of both", {drawn({9, 3}, 15), drawn({9, 3}, 16)}, [](const V& v) { return cos_cubed_loss(v[0], v[1]); }},
      {"cos_cubed_loss", "", {drawn({9, 3}, 13)}, [](const V& v) { return cos_cubed_loss(v[0], beside(drawn({9, 3}, 14), v[0])); }},
  };
}

}  // namespace ceir::test
