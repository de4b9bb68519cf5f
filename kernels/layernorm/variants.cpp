#include "kernels/layernorm/layernorm_ref.h"

namespace ceir {

const Table<LayerNorm<float>> layernorm_variants{"layernorm", {{"ref", Device::cpu, layernorm_ref<float>}}};
const Table<LayerNorm<double>> layernorm_f64_variants{"layernorm.f64", {{"ref", Device::cpu, layernorm_ref<double>}}};
const Table<LayerNormBackward<float>> layernorm_backward_variants{
    "layernorm_backward", {{"ref", Device::cpu, layernorm_backward_ref<float>}}};
const Table<LayerNormBackward<double>> layernorm_backward_f64_variants{
    "layernorm_backward.f64", {{"ref", Device::cpu, layernorm_backward_ref<double>}}};

}  // namespace ceir
