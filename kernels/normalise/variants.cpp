#include "kernels/launch/rung.h"
#include "kernels/normalise/normalise_ref.h"

namespace ceir {

#if defined(__x86_64__)
void normalise_avx2(const Normalise<float>&);
void normalise_avx512(const Normalise<float>&);
void normalise_backward_avx2(const NormaliseBackward<float>&);
void normalise_backward_avx512(const NormaliseBackward<float>&);
#endif

CEIR_RUNG void normalise_v1_naive(const Normalise<float>&);
CEIR_RUNG void normalise_v2_warp(const Normalise<float>&);
CEIR_RUNG void normalise_backward_v1_naive(const NormaliseBackward<float>&);
CEIR_RUNG void normalise_backward_v2_warp(const NormaliseBackward<float>&);
CEIR_RUNG void normalise_v3_registers(const Normalise<float>&);
CEIR_RUNG void normalise_backward_v3_registers(const NormaliseBackward<float>&);

template <class Args>
static const char* fits_registers(const Args& a) {
  if (a.width % 4 != 0 || a.width > 1536) return "the width must be a multiple of 4 up to 1536";
  return device_lacks(any_gpu);
}

const Table<Normalise<float>> normalise_variants{"normalise", {
    {"cuda.v3", Device::cuda, normalise_v3_registers, fits_registers},
    {"cuda.v2", Device::cuda, normalise_v2_warp, on_device<any_gpu>},
    {"cuda.v1", Device::cuda, normalise_v1_naive, on_device<any_gpu>},
#if defined(__x86_64__)
    {"avx512", Device::cpu, normalise_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, normalise_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, normalise_ref<float>}}};
const Table<Normalise<double>> normalise_f64_variants{"normalise.f64", {{"ref", Device::cpu, normalise_ref<double>}}};
const Table<NormaliseBackward<float>> normalise_backward_variants{"normalise_backward", {
    {"cuda.v3", Device::cuda, normalise_backward_v3_registers, fits_registers},
    {"cuda.v2", Device::cuda, normalise_backward_v2_warp, on_device<any_gpu>},
    {"cuda.v1", Device::cuda, normalise_backward_v1_naive, on_device<any_gpu>},
#if defined(__x86_64__)
    {"avx512", Device::cpu, normalise_backward_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, normalise_backward_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, normalise_backward_ref<float>}}};
const Table<NormaliseBackward<double>> normalise_backward_f64_variants{"normalise_backward.f64", {{"ref", Device::cpu, normalise_backward_ref<double>}}};

}  // namespace ceir
