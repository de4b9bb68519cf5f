// The matrix products there are.
#include "kernels/gemm/variants.h"

#include "kernels/gemm/gemm_ref.h"

namespace ceir {

const Table<Gemm<float>> gemm_variants{"gemm", {
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
