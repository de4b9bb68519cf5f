#include "kernels/reduce/reduce_ref.h"

namespace ceir {

#if defined(__x86_64__)
void reduce_avx2(const Reduce<float>&);
void reduce_avx2(const Reduce<double>&);
void reduce_avx512(const Reduce<float>&);
void reduce_avx512(const Reduce<double>&);
#endif

const Table<Reduce<float>> reduce_variants{"reduce", {
#if defined(__x86_64__)
    {"avx512", Device::cpu, reduce_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, reduce_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, reduce_ref<float>}}};
const Table<Reduce<double>> reduce_f64_variants{"reduce.f64", {
#if defined(__x86_64__)
    {"avx512", Device::cpu, reduce_avx512, needs<Cpu::avx512>},
    {"avx2", Device::cpu, reduce_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, reduce_ref<double>}}};

}  // namespace ceir
