// The same loops in 256-bit vectors. (The cross-entropy lives in its logarithm and has no such variant.)
#if defined(__x86_64__)
#include "kernels/losses/losses_loops.h"

namespace ceir {

void squared_error_avx2(const SquaredErrorSum<float>& a) { squared_error(a); }
void squared_error_avx2(const SquaredErrorSum<double>& a) { squared_error(a); }
void kl_gaussian_avx2(const KlGaussianSum<float>& a) { kl_gaussian(a); }
void kl_gaussian_avx2(const KlGaussianSum<double>& a) { kl_gaussian(a); }

}  // namespace ceir
#endif
