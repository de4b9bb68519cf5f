// The same loops in 256-bit vectors.
#if defined(__x86_64__)
#include "kernels/normal/normal_loops.h"

namespace ceir {

void normal_avx2(const NormalFill& a) { normal_fill(a); }

}  // namespace ceir
#endif
