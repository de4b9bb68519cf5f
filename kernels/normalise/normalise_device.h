// What all rungs of the ladder keep: squares beyond the range of float (rows around 1e25 or 1e-25) lose nothing. A row is
// multiplied by a power of two that brings its largest element near 1, which rounds nothing.
#pragma once
#include "kernels/launch/launch.h"
#include "kernels/normalise/normalise.h"

namespace ceir {

// Of a row whose largest magnitude this is; 1 for a row of zeros, and for one with infinities.
__device__ inline float power_of_two_for(float largest) {
  if (largest == 0 || largest == INFINITY) return 1;
  int exponent;
  frexpf(largest, &exponent);
  return ldexpf(1, -(exponent < -126 ? -126 : exponent > 126 ? 126 : exponent));
}

}  // namespace ceir
