// Every implementation of kernels/embedding. Copying rows is bound by memory: nothing beats memcpy.
#include "kernels/embedding/embedding_ref.h"
#include "kernels/launch/rung.h"

namespace ceir {

CEIR_RUNG void embedding_v1_naive(const Embedding<float>&);
CEIR_RUNG void embedding_v2_warp(const Embedding<float>&);
CEIR_RUNG void embedding_backward_v1_naive(const EmbeddingBackward<float>&);
CEIR_RUNG void embedding_backward_v2_warp(const EmbeddingBackward<float>&);

const Table<Embedding<float>> embedding_variants{"embedding", {
  {"cuda.v2", Device::cuda, embedding_v2_warp, on_device<any_gpu>},
  {"cuda.v1", Device::cuda, embedding_v1_naive, on_device<any_gpu>},
  {"ref", Device::cpu, embedding_ref<float>},
}};
const Table<Embedding<double>> embedding_f64_variants{"embedding_f64", {
  {"ref", Device::cpu, embedding_ref<double>},
}};
const Table<EmbeddingBackward<float>> embedding_backward_variants{"embedding_backward", {
  {"cuda.v2", Device::cuda, embedding_backward_v2_warp, on_device<any_gpu>},
  {"cuda.v1", Device::cuda, embedding_backward_v1_naive, on_device<any_gpu>},
  {"ref", Device::cpu, embedding_backward_ref<float>},
}};
const Table<EmbeddingBackward<double>> embedding_backward_f64_variants{"embedding_backward_f64", {
  {"ref", Device::cpu, embedding_backward_ref<double>},
}};

}  // namespace ceir
