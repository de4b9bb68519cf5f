// layernorm_simd.h compiled for avx512.
#if defined(__x86_64__)
#include "kernels/base/simd_avx512.h"
#include "kernels/layernorm/layernorm_simd.h"

namespace ceir {

void layernorm_avx512(const LayerNorm<float>& a) { simd::layernorm_rows(a); }
void layernorm_backward_avx512(const LayerNormBackward<float>& a) { simd::layernorm_backward_rows(a); }

}  // namespace ceir
#endif
