#if defined(__x86_64__)
#include "kernels/base/simd_avx512.h"
#include "kernels/peak/peak_loop.h"
#include "kernels/peak/variants.h"

namespace ceir {

void peak_avx512(const PeakLoop& p) { peak_of_vectors<simd::F32, 24>(p); }
void peak_f64_avx512(const PeakLoop& p) { peak_of_vectors<simd::F64, 24>(p); }

}  // namespace ceir
#endif
