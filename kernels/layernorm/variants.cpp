#include "kernels/launch/rung.h"
#include "kernels/layernorm/layernorm_ref.h"

namespace ceir {

#if defined(__x86_64__)
void layernorm_avx2(const LayerNorm<float>&);
void layernorm_avx512(const LayerNorm<float>&);
void layernorm_backward_avx2(const LayerNormBackward<float>&);
void layernorm_backward_avx512(const LayerNormBackward<float>&);
#endif
CEIR_RUNG void layernorm_v1_naive(const LayerNorm<float>&);
CEIR_RUNG void layernorm_v2_block(const LayerNorm<float>&);
CEIR_RUNG void layernorm_v3_warp(const LayerNorm<float>&);
CEIR_RUNG void layernorm_v4_vector(const LayerNorm<float>&);
CEIR_RUNG void layernorm_backward_v1_naive(const LayerNormBackward<float>&);
CEIR_RUNG void layernorm_backward_v3_warp(const LayerNormBackward<float>&);

static const char* fits_vectors(const LayerNorm<float>& a) {
  if (a.width % 4 != 0) return "the width is not a multiple of 4";
  return a.width <= 1536 ? device_lacks(any_gpu) : "the width is more than 1536";
}

const Table<LayerNorm<float>> layernorm_variants{"layernorm", {
    {"cuda.v4", Device::cuda, layernorm_v4_vector, fits_vectors},
    {"cuda.v3", Device::cuda, layernorm_v3_warp, on_device<any_gpu>},
    {"cuda.v2", Device::cuda, layernorm_v2_block, on_device<any_gpu>},
    {"cuda.v1", Device::cuda, layernorm_v1_naive, on_device<any_gpu>},
#if defined(__x86_64__)
    {"avx512", Device::cpu, layernorm_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, layernorm_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, layernorm_ref<float>}}};
const Table<LayerNorm<double>> layernorm_f64_variants{"layernorm.f64", {{"ref", Device::cpu, layernorm_ref<double>}}};
const Table<LayerNormBackward<float>> layernorm_backward_variants{"layernorm_backward", {
    {"cuda.v3", Device::cuda, layernorm_backward_v3_warp, on_device<any_gpu>},
    {"cuda.v1", Device::cuda, layernorm_backward_v1_naive, on_device<any_gpu>},
#if defined(__x86_64__)
    {"avx512", Device::cpu, layernorm_backward_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, layernorm_backward_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, layernorm_backward_ref<float>}}};
const Table<LayerNormBackward<double>> layernorm_backward_f64_variants{"layernorm_backward.f64", {{"ref", Device::cpu, layernorm_backward_ref<double>}}};

}  // namespace ceir
