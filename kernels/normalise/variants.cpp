#include "kernels/normalise/normalise_ref.h"

namespace ceir {

#if defined(__x86_64__)
void normalise_avx2(const Normalise<float>&);
void normalise_avx512(const Normalise<float>&);
void normalise_backward_avx2(const NormaliseBackward<float>&);
void normalise_backward_avx512(const NormaliseBackward<float>&);
#endif

const Table<Normalise<float>> normalise_variants{"normalise", {
#if defined(__x86_64__)
    {"avx512", Device::cpu, normalise_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, normalise_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, normalise_ref<float>}}};
const Table<Normalise<double>> normalise_f64_variants{"normalise.f64", {{"ref", Device::cpu, normalise_ref<double>}}};
const Table<NormaliseBackward<float>> normalise_backward_variants{"normalise_backward", {
#if defined(__x86_64__)
    {"avx512", Device::cpu, normalise_backward_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, normalise_backward_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, normalise_backward_ref<float>}}};
const Table<NormaliseBackward<double>> normalise_backward_f64_variants{"normalise_backward.f64", {{"ref", Device::cpu, normalise_backward_ref<double>}}};

}  // namespace ceir
