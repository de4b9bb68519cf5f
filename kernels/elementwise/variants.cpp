#include "kernels/elementwise/elementwise_ref.h"
#include "kernels/launch/rung.h"

namespace ceir {

#if defined(__x86_64__)
void elementwise_avx2(const Elementwise<float>&);
void elementwise_avx2(const Elementwise<double>&);
void elementwise_avx512(const Elementwise<float>&);
void elementwise_avx512(const Elementwise<double>&);
#endif

CEIR_RUNG void elementwise_v1_naive(const Elementwise<float>&);
CEIR_RUNG void elementwise_v2_vector(const Elementwise<float>&);

const Table<Elementwise<float>> elementwise_variants{"elementwise", {
    {"cuda.v2", Device::cuda, elementwise_v2_vector, on_device<any_gpu>},
    {"cuda.v1", Device::cuda, elementwise_v1_naive, on_device<any_gpu>},
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
