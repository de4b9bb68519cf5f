#include "kernels/launch/rung.h"
#include "kernels/softmax/softmax_ref.h"

namespace ceir {

#if defined(__x86_64__)
void softmax_avx2(const Softmax<float>&);
void softmax_avx512(const Softmax<float>&);
void softmax_backward_avx2(const SoftmaxBackward<float>&);
void softmax_backward_avx512(const SoftmaxBackward<float>&);
#endif
CEIR_RUNG void softmax_v1_naive(const Softmax<float>&);
CEIR_RUNG void softmax_v2_block(const Softmax<float>&);
CEIR_RUNG void softmax_v3_warp(const Softmax<float>&);
CEIR_RUNG void softmax_v4_online(const Softmax<float>&);
CEIR_RUNG void softmax_v5_registers(const Softmax<float>&);
CEIR_RUNG void softmax_backward_v1_naive(const SoftmaxBackward<float>&);
CEIR_RUNG void softmax_backward_v3_warp(const SoftmaxBackward<float>&);

// NVIDIA's (softmax_cudnn.cpp).
const char* softmax_fits_cudnn(const Softmax<float>&);
const char* softmax_backward_fits_cudnn(const SoftmaxBackward<float>&);
void softmax_cudnn(const Softmax<float>&);
void softmax_backward_cudnn(const SoftmaxBackward<float>&);

static const char* fits_registers(const Softmax<float>& a) {
  return a.width <= 1024 ? device_lacks(any_gpu) : "the width is more than 1024";
}

const Table<Softmax<float>> softmax_variants{"softmax", {
    {"cuda.v5", Device::cuda, softmax_v5_registers, fits_registers},
    {"cuda.v4", Device::cuda, softmax_v4_online, on_device<any_gpu>},
    {"cuda.v3", Device::cuda, softmax_v3_warp, on_device<any_gpu>},
    {"cuda.v2", Device::cuda, softmax_v2_block, on_device<any_gpu>},
    {"cuda.v1", Device::cuda, softmax_v1_naive, on_device<any_gpu>},
    {"cudnn", Device::cuda, softmax_cudnn, softmax_fits_cudnn},  // by name only: the rung above always fits
#if defined(__x86_64__)
    {"avx512", Device::cpu, softmax_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, softmax_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, softmax_ref<float>}}};
const Table<Softmax<double>> softmax_f64_variants{"softmax.f64", {{"ref", Device::cpu, softmax_ref<double>}}};
const Table<SoftmaxBackward<float>> softmax_backward_variants{"softmax_backward", {
    {"cuda.v3", Device::cuda, softmax_backward_v3_warp, on_device<any_gpu>},
    {"cuda.v1", Device::cuda, softmax_backward_v1_naive, on_device<any_gpu>},
    {"cudnn", Device::cuda, softmax_backward_cudnn, softmax_backward_fits_cudnn},
#if defined(__x86_64__)
    {"avx512", Device::cpu, softmax_backward_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, softmax_backward_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, softmax_backward_ref<float>}}};
const Table<SoftmaxBackward<double>> softmax_backward_f64_variants{"softmax_backward.f64", {{"ref", Device::cpu, softmax_backward_ref<double>}}};

}  // namespace ceir
