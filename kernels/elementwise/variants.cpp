#include "kernels/elementwise/elementwise_ref.h"

namespace ceir {

#if defined(__x86_64__)
void elementwise_avx2(const Elementwise<float>&);
void elementwise_avx2(const Elementwise<double>&);
void elementwise_avx512(const Elementwise<float>&);
void elementwise_avx512(const Elementwise<double>&);
#endif

const Table<Elementwise<float>> elementwise_variants{"elementwise", {
#if defined(__x86_64__)
    {"avx512", Device::cpu, elementwise_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, elementwise_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, elementwise_ref<float>}}};
const Table<Elementwise<double>> elementwise_f64_variants{"elementwise.f64", {
#if defined(__x86_64__)
    {"avx512", Device::cpu, elementwise_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, elementwise_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, elementwise_ref<double>}}};

}  // namespace ceir
