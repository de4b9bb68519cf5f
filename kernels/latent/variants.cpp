#include "kernels/latent/latent_ref.h"
#include "kernels/launch/rung.h"

namespace ceir {

#if defined(__x86_64__)
void latent_avx2(const Latent<float>&);
void latent_avx512(const Latent<float>&);
void latent_backward_avx2(const LatentBackward<float>&);
void latent_backward_avx512(const LatentBackward<float>&);
#endif
CEIR_RUNG void latent_v1_separate(const Latent<float>&);
CEIR_RUNG void latent_v2_fused(const Latent<float>&);
CEIR_RUNG void latent_v3_vector(const Latent<float>&);
CEIR_RUNG void latent_backward_v1_separate(const LatentBackward<float>&);
CEIR_RUNG void latent_backward_v2_fused(const LatentBackward<float>&);
CEIR_RUNG void latent_backward_v3_vector(const LatentBackward<float>&);

const Table<Latent<float>> latent_variants{"latent", {
    {"cuda.v3", Device::cuda, latent_v3_vector, on_device<any_gpu>},
    {"cuda.v2", Device::cuda, latent_v2_fused, on_device<any_gpu>},
    {"cuda.v1", Device::cuda, latent_v1_separate, on_device<any_gpu>},
#if defined(__x86_64__)
    {"avx512", Device::cpu, latent_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, latent_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, latent_ref<float>}}};
const Table<Latent<double>> latent_f64_variants{"latent.f64", {{"ref", Device::cpu, latent_ref<double>}}};
const Table<LatentBackward<float>> latent_backward_variants{"latent_backward", {
    {"cuda.v3", Device::cuda, latent_backward_v3_vector, on_device<any_gpu>},
    {"cuda.v2", Device::cuda, latent_backward_v2_fused, on_device<any_gpu>},
    {"cuda.v1", Device::cuda, latent_backward_v1_separate, on_device<any_gpu>},
#if defined(__x86_64__)
    {"avx512", Device::cpu, latent_backward_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, latent_backward_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, latent_backward_ref<float>}}};
const Table<LatentBackward<double>> latent_backward_f64_variants{"latent_backward.f64", {{"ref", Device::cpu, latent_backward_ref<double>}}};

}  // namespace ceir
