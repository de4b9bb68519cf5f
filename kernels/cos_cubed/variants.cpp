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

namespace {

template <class T> void cos_cubed_ref(const CosCubed<T>& a) { forward(a); }
template <class T> void cos_cubed_backward_ref(const CosCubedBackward<T>& a) { backward(a); }

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

}  // namespace ceir
