// unary_simd.h compiled for avx512.
#if defined(__x86_64__)
#include "kernels/base/simd_avx512.h"
#include "kernels/unary/unary_simd.h"

namespace ceir {

void unary_avx512(const UnaryForward<float>& a) { simd::unary_forward_any(a); }
void unary_backward_avx512(const UnaryBackward<float>& a) { simd::unary_backward_any(a); }

}  // namespace ceir
#endif
