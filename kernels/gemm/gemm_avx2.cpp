// The blocked matrix product for AVX2 and FMA.
#if defined(__x86_64__)
#include "kernels/base/simd_avx2.h"
#include "kernels/gemm/gemm_blocked.h"
#include "kernels/gemm/lanes.h"
#include "kernels/gemm/variants.h"

namespace ceir {

using F32 = Lanes<simd::F32, 6>;
using F64 = Lanes<simd::F64, 6>;

void gemm_avx2(const Gemm<float>& g) { gemm_blocked<F32>(g); }
void gemm_avx2(const Gemm<double>& g) { gemm_blocked<F64>(g); }

}  // namespace ceir
#endif
