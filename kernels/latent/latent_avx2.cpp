// latent_simd.h compiled for avx2.
#if defined(__x86_64__)
#include "kernels/base/simd_avx2.h"
#include "kernels/latent/latent_simd.h"

namespace ceir {

void latent_avx2(const Latent<float>& a) { simd::latent_forward(a); }
void latent_backward_avx2(const LatentBackward<float>& a) { simd::latent_backward(a); }

}  // namespace ceir
#endif
