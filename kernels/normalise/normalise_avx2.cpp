// normalise_simd.h compiled for avx2.
#if defined(__x86_64__)
#include "kernels/base/simd_avx2.h"
#include "kernels/normalise/normalise_simd.h"

namespace ceir {

void normalise_avx2(const Normalise<float>& a) { simd::normalise_rows(a); }
void normalise_backward_avx2(const NormaliseBackward<float>& a) { simd::normalise_backward_rows(a); }

}  // namespace ceir
#endif
