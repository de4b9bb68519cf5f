// The same loops in 512-bit vectors.
#if defined(__x86_64__)
#include "kernels/cos_cubed/cos_cubed_loops.h"

namespace ceir {

void cos_cubed_avx512(const CosCubed<float>& a) { forward(a); }
void cos_cubed_avx512(const CosCubed<double>& a) { forward(a); }
void cos_cubed_backward_avx512(const CosCubedBackward<float>& a) { backward(a); }
void cos_cubed_backward_avx512(const CosCubedBackward<double>& a) { backward(a); }

}  // namespace ceir
#endif
