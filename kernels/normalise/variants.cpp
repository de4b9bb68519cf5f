#include "kernels/normalise/normalise_ref.h"

namespace ceir {

const Table<Normalise<float>> normalise_variants{"normalise", {{"ref", Device::cpu, normalise_ref<float>}}};
const Table<Normalise<double>> normalise_f64_variants{"normalise.f64", {{"ref", Device::cpu, normalise_ref<double>}}};
const Table<NormaliseBackward<float>> normalise_backward_variants{
    "normalise_backward", {{"ref", Device::cpu, normalise_backward_ref<float>}}};
const Table<NormaliseBackward<double>> normalise_backward_f64_variants{
    "normalise_backward.f64", {{"ref", Device::cpu, normalise_backward_ref<double>}}};

}  // namespace ceir
