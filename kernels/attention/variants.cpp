// The attentions there are.
#include "kernels/attention/variants.h"

#include "kernels/attention/attention_ref.h"
#include "kernels/launch/rung.h"

namespace ceir {

CEIR_RUNG void attention_v1_naive(const Attention<float>&);
CEIR_RUNG void attention_v2_fused(const Attention<float>&);
CEIR_RUNG void attention_v3_split(const Attention<float>&);
CEIR_RUNG void attention_v3_tf32(const Attention<float>&);
CEIR_RUNG void attention_v3_bf16(const Attention<float>&);
CEIR_RUNG void attention_v3_f16(const Attention<float>&);
CEIR_RUNG void attention_v4_wgmma(const Attention<float>&);
CEIR_RUNG void attention_backward_v1_naive(const AttentionBackward<float>&);
CEIR_RUNG void attention_backward_v2_fused(const AttentionBackward<float>&);
CEIR_RUNG void attention_backward_v3_split(const AttentionBackward<float>&);
CEIR_RUNG void attention_backward_v3_tf32(const AttentionBackward<float>&);

template <int capability>
const char* fits_registers(const Attention<float>& a) {
  return a.size <= 128 ? device_lacks(capability) : "the head size is more than 128";
}
static const char* fits_wgmma(const Attention<float>& a) {
  if (const char* reason = device_is_not_sm_90a()) return reason;
  return a.size <= 128 ? nullptr : "the head size is more than 128";
}
template <int capability>
const char* backward_fits_registers(const AttentionBackward<float>& g) { return fits_registers<capability>(g.forward); }

const Table<Attention<float>> attention_variants{"attention", {
  {"cuda.v3", Device::cuda, attention_v3_split, fits_registers<80>},
  {"cuda.v2", Device::cuda, attention_v2_fused, fits_registers<any_gpu>},
  {"cuda.v1", Device::cuda, attention_v1_naive, on_device<any_gpu>},
  // Run only when asked for by name: these keep fewer digits.
  {"cuda.v3.tf32", Device::cuda, attention_v3_tf32, fits_registers<80>},
  {"cuda.v3.f16", Device::cuda, attention_v3_f16, fits_registers<80>},
  {"cuda.v3.bf16", Device::cuda, attention_v3_bf16, fits_registers<80>},
  {"cuda.v4.sm_90a", Device::cuda, attention_v4_wgmma, fits_wgmma},
#if defined(__x86_64__)
  {"avx512", Device::cpu, attention_avx512, needs<Cpu::avx512>},
  {"avx2",   Device::cpu, attention_avx2,   needs<Cpu::avx2>},
#endif
  {"ref",    Device::cpu, attention_ref<float>},
}};

const Table<Attention<double>> attention_f64_variants{"attention_f64", {
#if defined(__x86_64__)
  {"avx512", Device::cpu, attention_avx512, needs<Cpu::avx512>},
  {"avx2",   Device::cpu, attention_avx2,   needs<Cpu::avx2>},
#endif
  {"ref",    Device::cpu, attention_ref<double>},
}};

const Table<AttentionBackward<float>> attention_backward_variants{"attention_backward", {
  {"cuda.v3", Device::cuda, attention_backward_v3_split, backward_fits_registers<80>},
  {"cuda.v2", Device::cuda, attention_backward_v2_fused, backward_fits_registers<any_gpu>},
  {"cuda.v1", Device::cuda, attention_backward_v1_naive, on_device<any_gpu>},
  {"cuda.v3.tf32", Device::cuda, attention_backward_v3_tf32, backward_fits_registers<80>},  // by name only: it keeps fewer digits
#if defined(__x86_64__)
  {"avx512", Device::cpu, attention_backward_avx512, needs<Cpu::avx512>},
  {"avx2",   Device::cpu, attention_backward_avx2,   needs<Cpu::avx2>},
#endif
  {"ref",    Device::cpu, attention_backward_ref<float>},
}};

const Table<AttentionBackward<double>> attention_backward_f64_variants{"attention_backward_f64", {
#if defined(__x86_64__)
  {"avx512", Device::cpu, attention_backward_avx512, needs<Cpu::avx512>},
  {"avx2",   Device::cpu, attention_backward_avx2,   needs<Cpu::avx2>},
#endif
  {"ref",    Device::cpu, attention_backward_ref<double>},
}};

}  // namespace ceir
