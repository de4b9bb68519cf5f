#include "kernels/peak/variants.h"

#include "kernels/base/threads.h"
#include "kernels/launch/rung.h"
#include "kernels/peak/peak_loop.h"

namespace ceir {

CEIR_RUNG void peak_v1_registers(const PeakLoop&);
CEIR_RUNG void triad_v1_vector(const Triad&);

namespace {

// 16 bytes: what every x86-64 has (SSE2), and a register of most other machines.
template <class T>
void peak_ref(const PeakLoop& p) {
  typedef T V __attribute__((vector_size(16)));
  constexpr int lanes = 16 / sizeof(T);
  V a, b;
  for (int i = 0; i < lanes; i++) a[i] = T(0.999), b[i] = T(0.001);
  peak_loop<V, lanes, 10>(p, [](int i) { V v; for (int k = 0; k < lanes; k++) v[k] = T(i + 1); return v; },
                          [&](V x) { return x * a + b; }, [](V x) { return static_cast<double>(x[0]); });
}

void triad_ref(const Triad& t) {
  parallel_for(t.n, triad_grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) t.y[i] = t.a[i] + t.factor * t.b[i];
  });
}

}  // namespace

const Table<Triad> triad_variants{"triad", {
  {"cuda.v1", Device::cuda, triad_v1_vector, on_device<any_gpu>},
#if defined(__x86_64__)
  {"avx512", Device::cpu, triad_avx512, needs<Cpu::avx512>},
  {"avx2",   Device::cpu, triad_avx2,   needs<Cpu::avx2>},
#endif
  {"ref",    Device::cpu, triad_ref},
}};

const Table<PeakLoop> peak_variants{"peak", {
  {"cuda.v1", Device::cuda, peak_v1_registers, on_device<any_gpu>},
#if defined(__x86_64__)
  {"avx512", Device::cpu, peak_avx512, needs<Cpu::avx512>},
  {"avx2",   Device::cpu, peak_avx2,   needs<Cpu::avx2>},
#endif
  {"ref",    Device::cpu, peak_ref<float>},
}};

const Table<PeakLoop> peak_f64_variants{"peak_f64", {
#if defined(__x86_64__)
  {"avx512", Device::cpu, peak_f64_avx512, needs<Cpu::avx512>},
  {"avx2",   Device::cpu, peak_f64_avx2,   needs<Cpu::avx2>},
#endif
  {"ref",    Device::cpu, peak_ref<double>},
}};

}  // namespace ceir
