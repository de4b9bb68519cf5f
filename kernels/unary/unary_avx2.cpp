// unary_simd.h compiled for avx2.
#if defined(__x86_64__)
#include "kernels/base/simd_avx2.h"
#include "kernels/unary/unary_simd.h"

namespace ceir {

void unary_avx2(const UnaryForward<float>& a) { simd::unary_forward_any(a); }
void unary_backward_avx2(const UnaryBackward<float>& a) { simd::unary_backward_any(a); }

}  // namespace ceir
#endif
