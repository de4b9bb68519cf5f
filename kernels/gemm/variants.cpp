// The matrix products there are.
#include "kernels/gemm/gemm_ref.h"

namespace ceir {

const Table<Gemm<float>> gemm_variants{"gemm", {
  {"ref", Device::cpu, gemm_ref<float>},
}};

const Table<Gemm<double>> gemm_f64_variants{"gemm_f64", {
  {"ref", Device::cpu, gemm_ref<double>},
}};

}  // namespace ceir
