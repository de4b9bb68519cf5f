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
CEIR_RUNG void gemm_v7_tf32(const Gemm<float>&);
CEIR_RUNG void gemm_v7_bf16(const Gemm<float>&);
CEIR_RUNG void gemm_v7_f16(const Gemm<float>&);
CEIR_RUNG void gemm_v8_3xtf32(const Gemm<float>&);
CEIR_RUNG void gemm_v9_wgmma(const Gemm<float>&);

static const char* fits_wgmma(const Gemm<float>& g) {
  if (const char* reason = device_is_not_sm_90a()) return reason;
  if (g.a_col != 1 || g.b_row != 1) return "wgmma reads tf32 along k: A's rows and B's columns must be dense";
  if (g.batch != 1) return "a map of TMA is of one matrix: one product at a time";
  if (g.a_row % 4 != 0 || g.b_col % 4 != 0) return "TMA needs rows of a multiple of 16 bytes";
  if (reinterpret_cast<uintptr_t>(g.a) % 16 != 0 || reinterpret_cast<uintptr_t>(g.b) % 16 != 0) return "TMA needs addresses that are multiples of 16";
  return g.k > 0 && g.k <= INT32_MAX && g.m <= INT32_MAX && g.n <= INT32_MAX ? nullptr : "TMA takes 1 to 2^31 - 1 rows and columns";
}

// NVIDIA's (cublas.cpp).
const char* cublas_fits(const Gemm<float>&);
void gemm_cublas(const Gemm<float>&);
void gemm_cublas_tf32(const Gemm<float>&);
void gemm_cublas_bf16(const Gemm<float>&);
const char* cublaslt_fits(const Gemm<float>&);  // cublaslt.cpp
void gemm_cublaslt(const Gemm<float>&);
void gemm_cublaslt_tf32(const Gemm<float>&);

const Table<Gemm<float>> gemm_variants{"gemm", {
  {"cuda.v5", Device::cuda, gemm_v5_async, on_device<80>},
  {"cuda.v4", Device::cuda, gemm_v4_registers, on_device<any_gpu>},
  {"cuda.v3", Device::cuda, gemm_v3_shared, on_device<any_gpu>},
  {"cuda.v2", Device::cuda, gemm_v2_coalesced, on_device<any_gpu>},
  {"cuda.v1", Device::cuda, gemm_v1_naive, on_device<any_gpu>},
  // Run only when asked for by name: these keep fewer digits, or are not ours. (v8 holds f32's; whether it is the faster there
  // no GPU has said yet, and under the emulator it takes three times as long as v5.)
  {"cuda.v8.3xtf32", Device::cuda, gemm_v8_3xtf32, on_device<80>},
  {"cuda.v6.tf32", Device::cuda, gemm_v6_tf32, on_device<80>},
  {"cuda.v6.f16", Device::cuda, gemm_v6_f16, on_device<80>},
  {"cuda.v6.bf16", Device::cuda, gemm_v6_bf16, on_device<80>},
  {"cuda.v7.tf32", Device::cuda, gemm_v7_tf32, on_device<80>},
  {"cuda.v7.f16", Device::cuda, gemm_v7_f16, on_device<80>},
  {"cuda.v7.bf16", Device::cuda, gemm_v7_bf16, on_device<80>},
  {"cuda.v9.sm_90a", Device::cuda, gemm_v9_wgmma, fits_wgmma},
  {"cublas",       Device::cuda, gemm_cublas, cublas_fits},
  {"cublas.tf32",  Device::cuda, gemm_cublas_tf32, cublas_fits},
  {"cublas.bf16",  Device::cuda, gemm_cublas_bf16, cublas_fits},
  {"cublaslt",      Device::cuda, gemm_cublaslt, cublaslt_fits},
  {"cublaslt.tf32", Device::cuda, gemm_cublaslt_tf32, cublaslt_fits},
#if defined(__x86_64__)
  {"avx512", Device::cpu, each_product<float, gemm_avx512>, needs<Cpu::avx512>},
  {"avx2",   Device::cpu, each_product<float, gemm_avx2>,   needs<Cpu::avx2>},
#endif
  {"ref",    Device::cpu, gemm_ref<float>},
}};

const Table<Gemm<double>> gemm_f64_variants{"gemm_f64", {
#if defined(__x86_64__)
  {"avx512", Device::cpu, each_product<double, gemm_avx512>, needs<Cpu::avx512>},
  {"avx2",   Device::cpu, each_product<double, gemm_avx2>,   needs<Cpu::avx2>},
#endif
  {"ref",    Device::cpu, gemm_ref<double>},
}};

}  // namespace ceir
