#include "kernels/launch/rung.h"
#include "kernels/normal/normal_loops.h"

namespace ceir {

#if defined(__x86_64__)
void normal_avx2(const NormalFill& a);
#endif
CEIR_RUNG void normal_v1_naive(const NormalFill&);
CEIR_RUNG void normal_v2_block(const NormalFill&);

namespace {
void normal_ref(const NormalFill& a) { normal_fill(a); }
}  // namespace

const Table<NormalFill> normal_variants{"normal", {
    {"cuda.v2", Device::cuda, normal_v2_block, on_device<any_gpu>},
    {"cuda.v1", Device::cuda, normal_v1_naive, on_device<any_gpu>},
#if defined(__x86_64__)
    {"avx2", Device::cpu, normal_avx2, needs<Cpu::avx2>},
#endif
    {"ref", Device::cpu, normal_ref},
}};

void fill_normal(const Random& random, float* out, int64_t n) {
  const auto key = random.key(), stream = random.stream();
  normal_variants({{key[0], key[1]}, {stream[0], stream[1]}, out, n});
}

}  // namespace ceir
