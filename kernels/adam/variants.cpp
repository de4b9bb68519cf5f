#include "kernels/adam/adam_ref.h"
#include "kernels/launch/rung.h"

namespace ceir {

#if defined(__x86_64__)
void adam_avx2(const AdamUpdate<float>& a);
void adam_avx2(const AdamUpdate<double>& a);
void adam_avx512(const AdamUpdate<float>& a);
void adam_avx512(const AdamUpdate<double>& a);
#endif
CEIR_RUNG void adam_v1_naive(const AdamUpdate<float>&);
CEIR_RUNG void adam_v2_vector(const AdamUpdate<float>&);
CEIR_RUNG void adam_all_v2_vector(const AdamAll<float>&);
CEIR_RUNG void adam_all_v3_fused(const AdamAll<float>&);

namespace {

template <class T> std::vector<Variant<AdamUpdate<T>>> variants(std::vector<Variant<AdamUpdate<T>>> rungs = {}) {
  rungs.insert(rungs.end(), {
#if defined(__x86_64__)
      {"avx512", Device::cpu, adam_avx512, needs<Cpu::avx512>},
      {"avx2", Device::cpu, adam_avx2, needs<Cpu::avx2>},
#endif
      {"ref", Device::cpu, adam_ref<T>}});
  return rungs;
}

void adam_all_ref(const AdamAll<float>& a) {
  for (int64_t i = 0; i < a.count; i++) adam_variants(a.updates[i]);
}
void adam_all_f64_ref(const AdamAll<double>& a) {
  for (int64_t i = 0; i < a.count; i++) adam_f64_variants(a.updates[i]);
}

}  // namespace

const Table<AdamUpdate<float>> adam_variants{"adam", variants<float>({
    {"cuda.v2", Device::cuda, adam_v2_vector, on_device<any_gpu>},
    {"cuda.v1", Device::cuda, adam_v1_naive, on_device<any_gpu>}})};
const Table<AdamUpdate<double>> adam_f64_variants{"adam_f64", variants<double>()};
const Table<AdamAll<float>> adam_all_variants{"adam_all", {
    {"cuda.v3", Device::cuda, adam_all_v3_fused, on_device<any_gpu>},
    {"cuda.v2", Device::cuda, adam_all_v2_vector, on_device<any_gpu>},
    {"ref", Device::cpu, adam_all_ref}}};
const Table<AdamAll<double>> adam_all_f64_variants{"adam_all_f64", {{"ref", Device::cpu, adam_all_f64_ref}}};

}  // namespace ceir
