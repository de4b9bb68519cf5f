// softmax_simd.h compiled for avx2.
#if defined(__x86_64__)
#include "kernels/base/simd_avx2.h"
#include "kernels/softmax/softmax_simd.h"

namespace ceir {

void softmax_avx2(const Softmax<float>& a) { simd::softmax_rows(a); }
void softmax_backward_avx2(const SoftmaxBackward<float>& a) { simd::softmax_backward_rows(a); }

}  // namespace ceir
#endif
