#include "kernels/softmax/softmax_ref.h"

namespace ceir {

const Table<Softmax<float>> softmax_variants{"softmax", {{"ref", Device::cpu, softmax_ref<float>}}};
const Table<Softmax<double>> softmax_f64_variants{"softmax.f64", {{"ref", Device::cpu, softmax_ref<double>}}};
const Table<SoftmaxBackward<float>> softmax_backward_variants{
    "softmax_backward", {{"ref", Device::cpu, softmax_backward_ref<float>}}};
const Table<SoftmaxBackward<double>> softmax_backward_f64_variants{
    "softmax_backward.f64", {{"ref", Device::cpu, softmax_backward_ref<double>}}};

}  // namespace ceir
