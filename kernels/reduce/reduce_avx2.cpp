// reduce_simd.h compiled for avx2.
#if defined(__x86_64__)
#include "kernels/base/simd_avx2.h"
#include "kernels/reduce/reduce_simd.h"

namespace ceir {

void reduce_avx2(const Reduce<float>& a) { simd::reduce_any<simd::F32>(a); }
void reduce_avx2(const Reduce<double>& a) { simd::reduce_any<simd::F64>(a); }

}  // namespace ceir
#endif
