// elementwise_simd.h compiled for avx512.
#if defined(__x86_64__)
#include "kernels/base/simd_avx512.h"
#include "kernels/elementwise/elementwise_simd.h"

namespace ceir {

void elementwise_avx512(const Elementwise<float>& a) { simd::elementwise_any<simd::F32>(a); }
void elementwise_avx512(const Elementwise<double>& a) { simd::elementwise_any<simd::F64>(a); }

}  // namespace ceir
#endif
