// adam_simd.h compiled for avx2.
#if defined(__x86_64__)
#include "kernels/base/simd_avx2.h"
#include "kernels/adam/adam_simd.h"

namespace ceir {

void adam_avx2(const AdamUpdate<float>& a) { adam_vectors<simd::F32>(a); }
void adam_avx2(const AdamUpdate<double>& a) { adam_vectors<simd::F64>(a); }

}  // namespace ceir
#endif
