// The blocked matrix product for AVX2 and FMA.
#if defined(__x86_64__)
#include "kernels/gemm/gemm_blocked.h"
#include "kernels/gemm/lanes_avx2.h"
#include "kernels/gemm/variants.h"

namespace ceir {

void gemm_avx2(const Gemm<float>& g) { gemm_blocked<F32>(g); }
void gemm_avx2(const Gemm<double>& g) { gemm_blocked<F64>(g); }

}  // namespace ceir
#endif
