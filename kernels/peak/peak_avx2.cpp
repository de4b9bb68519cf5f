#if defined(__x86_64__)
#include "kernels/base/threads.h"
#include "kernels/base/simd_avx2.h"
#include "kernels/peak/peak_loop.h"
#include "kernels/peak/variants.h"

namespace ceir {

void peak_avx2(const PeakLoop& p) { peak_of_vectors<simd::F32, 12>(p); }
void peak_f64_avx2(const PeakLoop& p) { peak_of_vectors<simd::F64, 12>(p); }

void triad_avx2(const Triad& t) {
  const float *a = t.a, *b = t.b;
  float* y = t.y;
  const auto factor = _mm256_set1_ps(t.factor);
  parallel_for(t.n, triad_grain, [=](int64_t begin, int64_t end) {
    int64_t i = begin;
    const auto one = [=](int64_t at) { y[at] = a[at] + t.factor * b[at]; };
    for (; i < end && reinterpret_cast<uintptr_t>(y + i) % 32 != 0; i++) one(i);
    for (; i + 8 <= end; i += 8) _mm256_stream_ps(y + i, _mm256_fmadd_ps(factor, _mm256_loadu_ps(b + i), _mm256_loadu_ps(a + i)));
    for (; i < end; i++) one(i);
    _mm_sfence();
  });
}

}  // namespace ceir
#endif
