#if defined(__x86_64__)
#include "kernels/base/simd_avx2.h"
#include "kernels/peak/peak_loop.h"
#include "kernels/peak/variants.h"

namespace ceir {

void peak_avx2(const PeakLoop& p) { peak_of_vectors<simd::F32, 12>(p); }
void peak_f64_avx2(const PeakLoop& p) { peak_of_vectors<simd::F64, 12>(p); }

}  // namespace ceir
#endif
