// Every implementation of kernels/cosines.
#include "kernels/cosines/cosines_ref.h"
#include "kernels/launch/rung.h"

namespace ceir {

CEIR_RUNG void cosines_v1_naive(const Cosines<float>&);
CEIR_RUNG void cosines_v2_tile(const Cosines<float>&);
CEIR_RUNG void cosines_v3_registers(const Cosines<float>&);

const Table<Cosines<float>> cosines_variants{"cosines", {
  {"cuda.v3", Device::cuda, cosines_v3_registers, on_device<any_gpu>},
  {"cuda.v2", Device::cuda, cosines_v2_tile, on_device<any_gpu>},
  {"cuda.v1", Device::cuda, cosines_v1_naive, on_device<any_gpu>},
  {"product", Device::cpu, cosines_product<float>},
  {"ref", Device::cpu, cosines_ref<float>},
}};
const Table<Cosines<double>> cosines_f64_variants{"cosines.f64", {
  {"product", Device::cpu, cosines_product<double>},
  {"ref", Device::cpu, cosines_ref<double>},
}};

}  // namespace ceir
