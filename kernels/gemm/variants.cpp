// The matrix products there are.
#include "kernels/gemm/variants.h"

#include "kernels/gemm/gemm_ref.h"
#include "kernels/launch/rung.h"

namespace ceir {

CEIR_RUNG void gemm_v1_naive(const Gemm<float>&);
CEIR_RUNG void gemm_v2_coalesced(const Gemm<float>&);
CEIR_RUNG void gemm_v3_shared(const Gemm<float>&);
CEIR_RUNG void gemm_v4_registers(const Gemm<float>&);
CEIR_RUNG void gemm_v5_async(const Gemm<float>&);
CEIR_RUNG void gemm_v6_tf32(const Gemm<float>&);
CEIR_RUNG void gemm_v6_bf16(const Gemm<float>&);
CEIR_RUNG void gemm_v6_f16(const Gemm<float>&);

const Table<Gemm<float>> gemm_variants{"gemm", {
  {"cuda.v5", Device::cuda, gemm_v5_async, on_device<80>},
  {"cuda.v4", Device::cuda, gemm_v4_registers, on_device<any_gpu>},
  {"cuda.v3", Device::cuda, gemm_v3_shared, on_device<any_gpu>},
  {"cuda.v2", Device::cuda, gemm_v2_coalesced, on_device<any_gpu>},
  {"cuda.v1", Device::cuda, gemm_v1_naive, on_device<any_gpu>},
  // After those that keep all digits: run only when asked for by name.
  {"cuda.v6.tf32", Device::cuda, gemm_v6_tf32, on_device<80>},
  {"cuda.v6.f16", Device::cuda, gemm_v6_f16, on_device<80>},
  {"cuda.v6.bf16", Device::cuda, gemm_v6_bf16, on_device<80>},
#if defined(__x86_64__)
  {"avx512", Device::cpu, gemm_avx512, needs<Cpu::avx512>},
  {"avx2",   Device::cpu, gemm_avx2,   needs<Cpu::avx2>},
#endif
  {"ref",    Device::cpu, gemm_ref<float>},
}};

const Table<Gemm<double>> gemm_f64_variants{"gemm_f64", {
#if defined(__x86_64__)
  {"avx512", Device::cpu, gemm_avx512, needs<Cpu::avx512>},
  {"avx2",   Device::cpu, gemm_avx2,   needs<Cpu::avx2>},
#endif
  {"ref",    Device::cpu, gemm_ref<double>},
}};

}  // namespace ceir
