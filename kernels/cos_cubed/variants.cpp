#include <vector>

#include "kernels/cos_cubed/cos_cubed_loops.h"
#include "kernels/launch/rung.h"

namespace ceir {

#if defined(__x86_64__)
void cos_cubed_avx2(const CosCubed<float>& a);
void cos_cubed_avx2(const CosCubed<double>& a);
void cos_cubed_avx512(const CosCubed<float>& a);
void cos_cubed_avx512(const CosCubed<double>& a);
void cos_cubed_backward_avx2(const CosCubedBackward<float>& a);
void cos_cubed_backward_avx2(const CosCubedBackward<double>& a);
void cos_cubed_backward_avx512(const CosCubedBackward<float>& a);
void cos_cubed_backward_avx512(const CosCubedBackward<double>& a);
#endif
CEIR_RUNG void cos_cubed_v1_naive(const CosCubed<float>&);
CEIR_RUNG void cos_cubed_v2_parts(const CosCubed<float>&);
CEIR_RUNG void cos_cubed_backward_v1_naive(const CosCubedBackward<float>&);
CEIR_RUNG void cos_cubed_backward_v2_parts(const CosCubedBackward<float>&);
CEIR_RUNG void cos_cubed_step_v2_parts(const CosCubedStep<float>&);
CEIR_RUNG void cos_cubed_step_v3_fused(const CosCubedStep<float>&);

namespace {

template <class T> void cos_cubed_ref(const CosCubed<T>& a) { forward(a); }
template <class T> void cos_cubed_backward_ref(const CosCubedBackward<T>& a) { backward(a); }

// Forward and backward one after the other: what `forward` and `backward`, the tables, have for this processor.
template <class T>
void one_after_the_other(const CosCubedStep<T>& a, const Table<CosCubed<T>>& forward, const Table<CosCubedBackward<T>>& backward) {
  const auto columns = static_cast<size_t>(a.columns);
  const auto blocks = static_cast<size_t>((a.rows + cos_cubed_block - 1) / cos_cubed_block);
  std::vector<T> mean_q(columns), mean_p(columns), ds(columns, a.ds);
  std::vector<double> norm_q(columns), norm_p(columns), sums(3 * columns * (blocks + 1));
  forward({a.q, a.p, a.rows, a.columns, a.similarity, mean_q.data(), mean_p.data(), norm_q.data(), norm_p.data(), sums.data()});
  backward({a.q, a.p, a.rows, a.columns, a.similarity, ds.data(), mean_q.data(), mean_p.data(), norm_q.data(), norm_p.data(), a.dq, sums.data()});
}
void cos_cubed_step_ref(const CosCubedStep<float>& a) { one_after_the_other(a, cos_cubed_variants, cos_cubed_backward_variants); }
void cos_cubed_step_f64_ref(const CosCubedStep<double>& a) { one_after_the_other(a, cos_cubed_f64_variants, cos_cubed_backward_f64_variants); }

template <class T> std::vector<Variant<CosCubed<T>>> variants(std::vector<Variant<CosCubed<T>>> rungs = {}) {
  rungs.insert(rungs.end(), {
#if defined(__x86_64__)
      {"avx512", Device::cpu, cos_cubed_avx512, needs<Cpu::avx512>},
      {"avx2", Device::cpu, cos_cubed_avx2, needs<Cpu::avx2>},
#endif
      {"ref", Device::cpu, cos_cubed_ref<T>}});
  return rungs;
}

template <class T> std::vector<Variant<CosCubedBackward<T>>> backward_variants(std::vector<Variant<CosCubedBackward<T>>> rungs = {}) {
  rungs.insert(rungs.end(), {
#if defined(__x86_64__)
      {"avx512", Device::cpu, cos_cubed_backward_avx512, needs<Cpu::avx512>},
      {"avx2", Device::cpu, cos_cubed_backward_avx2, needs<Cpu::avx2>},
#endif
      {"ref", Device::cpu, cos_cubed_backward_ref<T>}});
  return rungs;
}

}  // namespace

const Table<CosCubed<float>> cos_cubed_variants{"cos_cubed", variants<float>({
    {"cuda.v2", Device::cuda, cos_cubed_v2_parts, on_device<any_gpu>},
    {"cuda.v1", Device::cuda, cos_cubed_v1_naive, on_device<any_gpu>}})};
const Table<CosCubed<double>> cos_cubed_f64_variants{"cos_cubed_f64", variants<double>()};
const Table<CosCubedBackward<float>> cos_cubed_backward_variants{"cos_cubed_backward", backward_variants<float>({
    {"cuda.v2", Device::cuda, cos_cubed_backward_v2_parts, on_device<any_gpu>},
    {"cuda.v1", Device::cuda, cos_cubed_backward_v1_naive, on_device<any_gpu>}})};
const Table<CosCubedBackward<double>> cos_cubed_backward_f64_variants{"cos_cubed_backward_f64", backward_variants<double>()};

const Table<CosCubedStep<float>> cos_cubed_step_variants{"cos_cubed_step", {
    {"cuda.v3", Device::cuda, cos_cubed_step_v3_fused, on_device<any_gpu>},
    {"cuda.v2", Device::cuda, cos_cubed_step_v2_parts, on_device<any_gpu>},
    {"ref", Device::cpu, cos_cubed_step_ref}}};
const Table<CosCubedStep<double>> cos_cubed_step_f64_variants{"cos_cubed_step_f64", {{"ref", Device::cpu, cos_cubed_step_f64_ref}}};

}  // namespace ceir
