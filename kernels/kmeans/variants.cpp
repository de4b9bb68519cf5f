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

static const char* tile_fits(const KMeansAssign<float>& a) {
  return a.tile <= kmeans_tile ? device_lacks(any_gpu) : "a tile has more centres than fit the registers";
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

template <> void kmeans_assign(const KMeansAssign<float>& a) { kmeans_assign_variants(a); }
template <> void kmeans_assign(const KMeansAssign<double>& a) { kmeans_assign_f64_variants(a); }
template <> void kmeans_candidates(const KMeansCandidates<float>& a) { kmeans_candidates_variants(a); }
template <> void kmeans_candidates(const KMeansCandidates<double>& a) { kmeans_candidates_f64_variants(a); }

}  // namespace ceir
