#include "kernels/adam/adam_ref.h"

namespace ceir {

#if defined(__x86_64__)
void adam_avx2(const AdamUpdate<float>& a);
void adam_avx2(const AdamUpdate<double>& a);
void adam_avx512(const AdamUpdate<float>& a);
void adam_avx512(const AdamUpdate<double>& a);
#endif

namespace {

template <class T> std::vector<Variant<AdamUpdate<T>>> variants() {
  return {
#if defined(__x86_64__)
      {"avx512", Device::cpu, adam_avx512, needs<Cpu::avx512>},
      {"avx2", Device::cpu, adam_avx2, needs<Cpu::avx2>},
#endif
      {"ref", Device::cpu, adam_ref<T>},
  };
}

}  // namespace

const Table<AdamUpdate<float>> adam_variants{"adam", variants<float>()};
const Table<AdamUpdate<double>> adam_f64_variants{"adam_f64", variants<double>()};

}  // namespace ceir
