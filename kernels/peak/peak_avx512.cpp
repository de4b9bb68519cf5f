#if defined(__x86_64__)
#include "kernels/base/threads.h"
#include "kernels/base/simd_avx512.h"
#include "kernels/peak/peak_loop.h"
#include "kernels/peak/variants.h"

namespace ceir {

void peak_avx512(const PeakLoop& p) { peak_of_vectors<simd::F32, 24>(p); }
void peak_f64_avx512(const PeakLoop& p) { peak_of_vectors<simd::F64, 24>(p); }

void triad_avx512(const Triad& t) {
  const float *a = t.a, *b = t.b;
  float* y = t.y;
  const auto factor = _mm512_set1_ps(t.factor);
  parallel_for(t.n, triad_grain, [=](int64_t begin, int64_t end) {
    int64_t i = begin;
    const auto one = [=](int64_t at) { y[at] = a[at] + t.factor * b[at]; };
    for (; i < end && reinterpret_cast<uintptr_t>(y + i) % 64 != 0; i++) one(i);
    for (; i + 16 <= end; i += 16) _mm512_stream_ps(y + i, _mm512_fmadd_ps(factor, _mm512_loadu_ps(b + i), _mm512_loadu_ps(a + i)));
    for (; i < end; i++) one(i);
    _mm_sfence();
  });
}

}  // namespace ceir
#endif
