#include "kernels/softmax/softmax_ref.h"

namespace ceir {

#if defined(__x86_64__)
void softmax_avx2(const Softmax<float>&);
void softmax_avx512(const Softmax<float>&);
void softmax_backward_avx2(const SoftmaxBackward<float>&);
void softmax_backward_avx512(const SoftmaxBackward<float>&);
#endif

const Table<Softmax<float>> softmax_variants{"softmax", {
#if defined(__x86_64__)
    {"avx512", Device::cpu, softmax_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, softmax_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, softmax_ref<float>}}};
const Table<Softmax<double>> softmax_f64_variants{"softmax.f64", {{"ref", Device::cpu, softmax_ref<double>}}};
const Table<SoftmaxBackward<float>> softmax_backward_variants{"softmax_backward", {
#if defined(__x86_64__)
    {"avx512", Device::cpu, softmax_backward_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, softmax_backward_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, softmax_backward_ref<float>}}};
const Table<SoftmaxBackward<double>> softmax_backward_f64_variants{"softmax_backward.f64", {{"ref", Device::cpu, softmax_backward_ref<double>}}};

}  // namespace ceir
