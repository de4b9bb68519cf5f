#include "models/bench/cases.h"

#include <algorithm>

namespace ceir {

const std::vector<BenchOperation>& bench_operations() {
  static const std::vector<BenchOperation> list = {
      {"gemm", add_gemm},           {"attention", add_attention}, {"softmax", add_softmax},     {"layernorm", add_layernorm},
      {"normalise", add_normalise}, {"unary", add_unary},         {"elementwise", add_elementwise}, {"embedding", add_embedding},
      {"copy", add_copy},           {"convolution", add_convolution}, {"patches", add_patches}, {"pool", add_pool},           {"batchnorm", add_batchnorm},
      {"latent", add_latent},       {"losses", add_losses},       {"reduce", add_reduce},       {"normal", add_normal},
      {"adam", add_adam},           {"cosines", add_cosines}, {"cos_cubed", add_cos_cubed}, {"kmeans_kernels", add_kmeans_kernels},
  };
  return list;
}

bool BenchCases::in_double(const std::string& op, const std::string& model) {
  if (model == "vae" || model == "cbm" || model == "kmeans") return true;
  if (std::find(seen_in_double_.begin(), seen_in_double_.end(), op) != seen_in_double_.end()) return false;
  seen_in_double_.push_back(op);
  return true;
}

}  // namespace ceir
