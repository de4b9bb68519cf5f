// layernorm_simd.h compiled for avx2.
#if defined(__x86_64__)
#include "kernels/base/simd_avx2.h"
#include "kernels/layernorm/layernorm_simd.h"

namespace ceir {

void layernorm_avx2(const LayerNorm<float>& a) { simd::layernorm_rows(a); }
void layernorm_backward_avx2(const LayerNormBackward<float>& a) { simd::layernorm_backward_rows(a); }

}  // namespace ceir
#endif
