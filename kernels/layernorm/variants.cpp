#include "kernels/layernorm/layernorm_ref.h"

namespace ceir {

#if defined(__x86_64__)
void layernorm_avx2(const LayerNorm<float>&);
void layernorm_avx512(const LayerNorm<float>&);
void layernorm_backward_avx2(const LayerNormBackward<float>&);
void layernorm_backward_avx512(const LayerNormBackward<float>&);
#endif

const Table<LayerNorm<float>> layernorm_variants{"layernorm", {
#if defined(__x86_64__)
    {"avx512", Device::cpu, layernorm_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, layernorm_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, layernorm_ref<float>}}};
const Table<LayerNorm<double>> layernorm_f64_variants{"layernorm.f64", {{"ref", Device::cpu, layernorm_ref<double>}}};
const Table<LayerNormBackward<float>> layernorm_backward_variants{"layernorm_backward", {
#if defined(__x86_64__)
    {"avx512", Device::cpu, layernorm_backward_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, layernorm_backward_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, layernorm_backward_ref<float>}}};
const Table<LayerNormBackward<double>> layernorm_backward_f64_variants{"layernorm_backward.f64", {{"ref", Device::cpu, layernorm_backward_ref<double>}}};

}  // namespace ceir
