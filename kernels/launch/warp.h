// Sums and maxima of a warp and sums of a block, for rungs. Butterflies: every lane ends with the same bits, in an order that
// depends on nothing but the lane numbers.
#pragma once
#include "kernels/launch/launch.h"

namespace ceir {

template <class T>
__device__ inline T warp_sum(T v) {
  for (int bits = 16; bits > 0; bits /= 2) v += __shfl_xor_sync(0xffffffffu, v, bits);
  return v;
}

__device__ inline float warp_max(float v) {
  for (int bits = 16; bits > 0; bits /= 2) v = fmaxf(v, __shfl_xor_sync(0xffffffffu, v, bits));
  return v;
}

// The sum over all threads of a block of whole warps, for every thread. of_warp: 32 values of shared memory, free again
// when the caller's next barrier has passed.
template <class T>
__device__ inline T block_sum(T v, T* of_warp) {
  v = warp_sum(v);
  if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = v;
  __syncthreads();
  const unsigned warps = blockDim.x / 32, lane = threadIdx.x % 32;
  return warp_sum(lane < warps ? of_warp[lane] : T{0});
}

}  // namespace ceir
