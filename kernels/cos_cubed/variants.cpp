#include "kernels/cos_cubed/cos_cubed_loops.h"

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

namespace {

template <class T> void cos_cubed_ref(const CosCubed<T>& a) { forward(a); }
template <class T> void cos_cubed_backward_ref(const CosCubedBackward<T>& a) { backward(a); }

template <class T> std::vector<Variant<CosCubed<T>>> variants() {
  return {
#if defined(__x86_64__)
      {"avx512", Device::cpu, cos_cubed_avx512, needs<Cpu::avx512>},
      {"avx2", Device::cpu, cos_cubed_avx2, needs<Cpu::avx2>},
#endif
      {"ref", Device::cpu, cos_cubed_ref<T>},
  };
}

template <class T> std::vector<Variant<CosCubedBackward<T>>> backward_variants() {
  return {
#if defined(__x86_64__)
      {"avx512", Device::cpu, cos_cubed_backward_avx512, needs<Cpu::avx512>},
      {"avx2", Device::cpu, cos_cubed_backward_avx2, needs<Cpu::avx2>},
#endif
      {"ref", Device::cpu, cos_cubed_backward_ref<T>},
  };
}

}  // namespace

const Table<CosCubed<float>> cos_cubed_variants{"cos_cubed", variants<float>()};
const Table<CosCubed<double>> cos_cubed_f64_variants{"cos_cubed_f64", variants<double>()};
const Table<CosCubedBackward<float>> cos_cubed_backward_variants{"cos_cubed_backward", backward_variants<float>()};
const Table<CosCubedBackward<double>> cos_cubed_backward_f64_variants{"cos_cubed_backward_f64", backward_variants<double>()};

}  // namespace ceir
