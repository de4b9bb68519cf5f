// softmax_simd.h compiled for avx512.
#if defined(__x86_64__)
#include "kernels/base/simd_avx512.h"
#include "kernels/softmax/softmax_simd.h"

namespace ceir {

void softmax_avx512(const Softmax<float>& a) { simd::softmax_rows(a); }
void softmax_backward_avx512(const SoftmaxBackward<float>& a) { simd::softmax_backward_rows(a); }

}  // namespace ceir
#endif
