// Blocked attention for AVX-512.
#if defined(__x86_64__)
#include "kernels/base/simd_avx512.h"
#include "kernels/attention/attention_blocked.h"
#include "kernels/attention/variants.h"
#include "kernels/gemm/lanes.h"

namespace ceir {

using F32 = Lanes<simd::F32, 12>;
using F64 = Lanes<simd::F64, 12>;

void attention_avx512(const Attention<float>& a) { attention_blocked<F32>(a); }
void attention_avx512(const Attention<double>& a) { attention_blocked<F64>(a); }
void attention_backward_avx512(const AttentionBackward<float>& g) { attention_backward_blocked<F32>(g); }
void attention_backward_avx512(const AttentionBackward<double>& g) { attention_backward_blocked<F64>(g); }

}  // namespace ceir
#endif
