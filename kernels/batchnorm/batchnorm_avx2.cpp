// batchnorm_simd.h compiled for avx2.
#if defined(__x86_64__)
#include "kernels/base/simd_avx2.h"
#include "kernels/batchnorm/batchnorm_simd.h"

namespace ceir {

void batch_statistics_avx2(const BatchStatistics<float>& a) { simd::batch_statistics<simd::F32>(a); }
void batch_statistics_avx2(const BatchStatistics<double>& a) { simd::batch_statistics<simd::F64>(a); }
void batchnorm_avx2(const BatchNorm<float>& a) { simd::batchnorm_apply<simd::F32>(a); }
void batchnorm_avx2(const BatchNorm<double>& a) { simd::batchnorm_apply<simd::F64>(a); }
void batchnorm_backward_avx2(const BatchNormBackward<float>& a) { simd::batchnorm_backward<simd::F32>(a); }
void batchnorm_backward_avx2(const BatchNormBackward<double>& a) { simd::batchnorm_backward<simd::F64>(a); }

}  // namespace ceir
#endif
