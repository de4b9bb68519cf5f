#include "kernels/launch/rung.h"
#include "kernels/reduce/reduce_ref.h"

namespace ceir {

#if defined(__x86_64__)
void reduce_avx2(const Reduce<float>&);
void reduce_avx2(const Reduce<double>&);
void reduce_avx512(const Reduce<float>&);
void reduce_avx512(const Reduce<double>&);
#endif
CEIR_RUNG void reduce_v1_naive(const Reduce<float>&);
CEIR_RUNG void reduce_v2_block(const Reduce<float>&);
CEIR_RUNG void reduce_v3_warp(const Reduce<float>&);
CEIR_RUNG void reduce_v4_parts(const Reduce<float>&);

static const char* long_rows(const Reduce<float>& a) {
  if (a.inner != 1) return "the elements of a sum are not neighbours";
  return a.n >= 1024 ? device_lacks(any_gpu) : "rows of fewer than 1024 elements are one warp's work";
}

const Table<Reduce<float>> reduce_variants{"reduce", {
    {"cuda.v4", Device::cuda, reduce_v4_parts, long_rows},
    {"cuda.v3", Device::cuda, reduce_v3_warp, on_device<any_gpu>},
    {"cuda.v2", Device::cuda, reduce_v2_block, on_device<any_gpu>},
    {"cuda.v1", Device::cuda, reduce_v1_naive, on_device<any_gpu>},
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
