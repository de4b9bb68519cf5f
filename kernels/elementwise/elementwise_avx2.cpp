// elementwise_simd.h compiled for avx2.
#if defined(__x86_64__)
#include "kernels/base/simd_avx2.h"
#include "kernels/elementwise/elementwise_simd.h"

namespace ceir {

void elementwise_avx2(const Elementwise<float>& a) { simd::elementwise_any<simd::F32>(a); }
void elementwise_avx2(const Elementwise<double>& a) { simd::elementwise_any<simd::F64>(a); }

}  // namespace ceir
#endif
