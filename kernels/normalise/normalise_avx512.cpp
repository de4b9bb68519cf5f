// normalise_simd.h compiled for avx512.
#if defined(__x86_64__)
#include "kernels/base/simd_avx512.h"
#include "kernels/normalise/normalise_simd.h"

namespace ceir {

void normalise_avx512(const Normalise<float>& a) { simd::normalise_rows(a); }
void normalise_backward_avx512(const NormaliseBackward<float>& a) { simd::normalise_backward_rows(a); }

}  // namespace ceir
#endif
