// Blocked attention for AVX2 and FMA.
#if defined(__x86_64__)
#include "kernels/base/simd_avx2.h"
#include "kernels/attention/attention_blocked.h"
#include "kernels/attention/variants.h"
#include "kernels/gemm/lanes.h"

namespace ceir {

using F32 = Lanes<simd::F32, 6>;
using F64 = Lanes<simd::F64, 6>;

void attention_avx2(const Attention<float>& a) { attention_blocked<F32>(a); }
void attention_avx2(const Attention<double>& a) { attention_blocked<F64>(a); }
void attention_backward_avx2(const AttentionBackward<float>& g) { attention_backward_blocked<F32>(g); }
void attention_backward_avx2(const AttentionBackward<double>& g) { attention_backward_blocked<F64>(g); }

}  // namespace ceir
#endif
