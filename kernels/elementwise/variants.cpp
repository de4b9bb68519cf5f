#include "kernels/elementwise/elementwise_ref.h"

namespace ceir {

const Table<Elementwise<float>> elementwise_variants{"elementwise", {{"ref", Device::cpu, elementwise_ref<float>}}};
const Table<Elementwise<double>> elementwise_f64_variants{
    "elementwise.f64", {{"ref", Device::cpu, elementwise_ref<double>}}};

}  // namespace ceir
