// Every implementation of kernels/conv2d/patches.h. Moving windows is bound by memory; the arithmetic is the matrix product's.
#include "kernels/conv2d/patches_ref.h"
#include "kernels/launch/rung.h"

namespace ceir {

CEIR_RUNG void patches_v1_naive(const Patches<float>&);
CEIR_RUNG void patches_backward_v1_naive(const PatchesBackward<float>&);

const Table<Patches<float>> patches_variants{"patches", {
  {"cuda.v1", Device::cuda, patches_v1_naive, on_device<any_gpu>},
  {"ref", Device::cpu, patches_ref<float>},
}};
const Table<Patches<double>> patches_f64_variants{"patches_f64", {
  {"ref", Device::cpu, patches_ref<double>},
}};
const Table<PatchesBackward<float>> patches_backward_variants{"patches_backward", {
  {"cuda.v1", Device::cuda, patches_backward_v1_naive, on_device<any_gpu>},
  {"ref", Device::cpu, patches_backward_ref<float>},
}};
const Table<PatchesBackward<double>> patches_backward_f64_variants{"patches_backward_f64", {
  {"ref", Device::cpu, patches_backward_ref<double>},
}};

}  // namespace ceir
