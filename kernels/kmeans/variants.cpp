#include "kernels/kmeans/kmeans_ref.h"
#include "kernels/launch/rung.h"

namespace ceir {

#if defined(__x86_64__)
void kmeans_assign_avx512(const KMeansAssign<float>& a);
void kmeans_assign_avx512_f64(const KMeansAssign<double>& a);
void kmeans_candidates_avx512(const KMeansCandidates<float>& a);
void kmeans_candidates_avx512_f64(const KMeansCandidates<double>& a);
void kmeans_assign_avx2(const KMeansAssign<float>& a);
void kmeans_assign_avx2_f64(const KMeansAssign<double>& a);
void kmeans_candidates_avx2(const KMeansCandidates<float>& a);
void kmeans_candidates_avx2_f64(const KMeansCandidates<double>& a);
#endif
CEIR_RUNG void kmeans_assign_v1_naive(const KMeansAssign<float>&);
CEIR_RUNG void kmeans_assign_v2_tile(const KMeansAssign<float>&);
CEIR_RUNG void kmeans_candidates_v1_naive(const KMeansCandidates<float>&);
CEIR_RUNG void kmeans_candidates_v2_registers(const KMeansCandidates<float>&);
CEIR_RUNG void kmeans_update_v1_naive(const KMeansUpdate<float>&);
CEIR_RUNG void kmeans_update_v2_parts(const KMeansUpdate<float>&);
CEIR_RUNG void kmeans_update_v3_shared(const KMeansUpdate<float>&);
CEIR_RUNG void kmeans_step_v1_separate(const KMeansStep<float>&);
CEIR_RUNG void kmeans_step_v2_fused(const KMeansStep<float>&);
CEIR_RUNG void kmeans_step_v3_shared(const KMeansStep<float>&);
CEIR_RUNG void kmeans_step_v4_atomics(const KMeansStep<float>&);

static const char* tile_fits(const KMeansAssign<float>& a) {
  return a.tile <= kmeans_tile ? device_lacks(any_gpu) : "a tile has more centres than fit the registers";
}

static const char* step_fits(const KMeansStep<float>& s) { return tile_fits(s.assign); }

static const char* step_sums_fit(const KMeansStep<float>& s) {  // beside 2 KiB of labels and centres
  return s.assign.k * (s.assign.d + 1) * 8 <= 46 * 1024 ? step_fits(s) : "the sums of all centres do not fit 46 KiB of shared memory";
}

static const char* candidates_fit(const KMeansCandidates<float>& a) {
  return a.m <= kmeans_tile ? device_lacks(any_gpu) : "there are more candidates than fit the registers";
}

static const char* sums_fit(const KMeansUpdate<float>& a) {
  return a.k <= 192 ? device_lacks(any_gpu) : "there are more centres than fit 48 KiB of shared memory";
}

const Table<KMeansAssign<float>> kmeans_assign_variants{"kmeans_assign", {
  {"cuda.v2", Device::cuda, kmeans_assign_v2_tile, tile_fits},
  {"cuda.v1", Device::cuda, kmeans_assign_v1_naive, on_device<any_gpu>},
#if defined(__x86_64__)
  {"avx512", Device::cpu, kmeans_assign_avx512, needs<Cpu::avx512>},
  {"avx2", Device::cpu, kmeans_assign_avx2, needs<Cpu::avx2>},
#endif
  {"ref", Device::cpu, kmeans_assign_ref<float>},
}};

const Table<KMeansAssign<double>> kmeans_assign_f64_variants{"kmeans_assign_f64", {
#if defined(__x86_64__)
  {"avx512", Device::cpu, kmeans_assign_avx512_f64, needs<Cpu::avx512>},
  {"avx2", Device::cpu, kmeans_assign_avx2_f64, needs<Cpu::avx2>},
#endif
  {"ref", Device::cpu, kmeans_assign_ref<double>},
}};

const Table<KMeansCandidates<float>> kmeans_candidates_variants{"kmeans_candidates", {
  {"cuda.v2", Device::cuda, kmeans_candidates_v2_registers, candidates_fit},
  {"cuda.v1", Device::cuda, kmeans_candidates_v1_naive, on_device<any_gpu>},
#if defined(__x86_64__)
  {"avx512", Device::cpu, kmeans_candidates_avx512, needs<Cpu::avx512>},
  {"avx2", Device::cpu, kmeans_candidates_avx2, needs<Cpu::avx2>},
#endif
  {"ref", Device::cpu, kmeans_candidates_ref<float>},
}};

const Table<KMeansCandidates<double>> kmeans_candidates_f64_variants{"kmeans_candidates_f64", {
#if defined(__x86_64__)
  {"avx512", Device::cpu, kmeans_candidates_avx512_f64, needs<Cpu::avx512>},
  {"avx2", Device::cpu, kmeans_candidates_avx2_f64, needs<Cpu::avx2>},
#endif
  {"ref", Device::cpu, kmeans_candidates_ref<double>},
}};

const Table<KMeansUpdate<float>> kmeans_update_variants{"kmeans_update", {
  {"cuda.v3", Device::cuda, kmeans_update_v3_shared, sums_fit},
  {"cuda.v2", Device::cuda, kmeans_update_v2_parts, on_device<any_gpu>},
  {"cuda.v1", Device::cuda, kmeans_update_v1_naive, on_device<any_gpu>},
  {"ref", Device::cpu, kmeans_update_ref<float>},
}};

const Table<KMeansUpdate<double>> kmeans_update_f64_variants{"kmeans_update_f64", {{"ref", Device::cpu, kmeans_update_ref<double>}}};

// Atomics add in any order, so that two runs differ in their last bits: by name alone, since v1 always fits.
const Table<KMeansStep<float>> kmeans_step_variants{"kmeans_step", {
  {"cuda.v3", Device::cuda, kmeans_step_v3_shared, step_sums_fit},
  {"cuda.v2", Device::cuda, kmeans_step_v2_fused, step_fits},
  {"cuda.v1", Device::cuda, kmeans_step_v1_separate, step_fits},
  {"cuda.v4.atomics", Device::cuda, kmeans_step_v4_atomics, step_fits},
  {"ref", Device::cpu, kmeans_step_ref<float>},
}};

const Table<KMeansStep<double>> kmeans_step_f64_variants{"kmeans_step_f64", {{"ref", Device::cpu, kmeans_step_ref<double>}}};

template <> void kmeans_assign(const KMeansAssign<float>& a) { kmeans_assign_variants(a); }
template <> void kmeans_assign(const KMeansAssign<double>& a) { kmeans_assign_f64_variants(a); }
template <> void kmeans_candidates(const KMeansCandidates<float>& a) { kmeans_candidates_variants(a); }
template <> void kmeans_candidates(const KMeansCandidates<double>& a) { kmeans_candidates_f64_variants(a); }
template <> void kmeans_update(const KMeansUpdate<float>& a) { kmeans_update_variants(a); }
template <> void kmeans_update(const KMeansUpdate<double>& a) { kmeans_update_f64_variants(a); }
template <> void kmeans_step(const KMeansStep<float>& s) { kmeans_step_variants(s); }
template <> void kmeans_step(const KMeansStep<double>& s) { kmeans_step_f64_variants(s); }

}  // namespace ceir
