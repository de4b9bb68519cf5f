// latent_simd.h compiled for avx512.
#if defined(__x86_64__)
#include "kernels/base/simd_avx512.h"
#include "kernels/latent/latent_simd.h"

namespace ceir {

void latent_avx512(const Latent<float>& a) { simd::latent_forward(a); }
void latent_backward_avx512(const LatentBackward<float>& a) { simd::latent_backward(a); }

}  // namespace ceir
#endif
