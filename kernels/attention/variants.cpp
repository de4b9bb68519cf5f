// The attentions there are.
#include "kernels/attention/variants.h"

#include "kernels/attention/attention_ref.h"

namespace ceir {

const Table<Attention<float>> attention_variants{"attention", {
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
