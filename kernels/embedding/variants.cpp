// Every implementation of kernels/embedding. Copying rows is bound by memory: nothing beats memcpy.
#include "kernels/embedding/embedding_ref.h"

namespace ceir {

const Table<Embedding<float>> embedding_variants{"embedding", {
  {"ref", Device::cpu, embedding_ref<float>},
}};
const Table<Embedding<double>> embedding_f64_variants{"embedding_f64", {
  {"ref", Device::cpu, embedding_ref<double>},
}};
const Table<EmbeddingBackward<float>> embedding_backward_variants{"embedding_backward", {
  {"ref", Device::cpu, embedding_backward_ref<float>},
}};
const Table<EmbeddingBackward<double>> embedding_backward_f64_variants{"embedding_backward_f64", {
  {"ref", Device::cpu, embedding_backward_ref<double>},
}};

}  // namespace ceir
