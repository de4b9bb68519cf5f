#include "kernels/normal/normal_loops.h"

namespace ceir {

#if defined(__x86_64__)
void normal_avx2(const NormalFill& a);
#endif

namespace {
void normal_ref(const NormalFill& a) { normal_fill(a); }
}  // namespace

const Table<NormalFill> normal_variants{"normal", {
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
