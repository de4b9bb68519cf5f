// The normal numbers of normal_loops.h for a thread of a GPU, to the bit: whole-number operations are the same everywhere, and
// products and sums are rounded one by one (a fused multiply-add would round once less). So a seed gives the same noise, and
// a training the same beginning, on the CPU and on any GPU.
#pragma once
#include "kernels/launch/launch.h"
#include "kernels/normal/normal.h"

namespace ceir {

struct FourNormals {
  float v[4];
};

// value * x + constant, rounded twice.
__device__ inline float times_plus(float value, float x, float constant) { return __fadd_rn(__fmul_rn(value, x), constant); }

// -2 ln((w >> 8) + 1/2) 2^-24
__device__ inline float device_minus_two_log(uint32_t word) {
  const float u = __fmul_rn(__fadd_rn(static_cast<float>(static_cast<int32_t>(word >> 8)), 0.5f), 0x1p-24f);
  const uint32_t bits = __float_as_uint(u) - 0x3f3504f3;  // sqrt 1/2
  const float e = static_cast<float>(static_cast<int32_t>(bits) >> 23);
  const float m = __uint_as_float((bits & 0x7fffff) + 0x3f3504f3);
  const float s = __fadd_rn(m, -1.0f) / __fadd_rn(m, 1.0f), q = __fmul_rn(s, s);
  const float inner = times_plus(q, times_plus(q, times_plus(q, times_plus(q, 0.11111111f, 0.14285714f), 0.2f), 0.33333333f), 1.0f);
  return __fmul_rn(-2.0f, times_plus(e, 0.69314718f, __fmul_rn(__fmul_rn(2.0f, s), inner)));
}

// cos and sin of 2 pi w / 2^32
__device__ inline void device_circle(uint32_t word, float* cosine, float* sine) {
  const uint32_t quadrant = (word + 0x20000000) >> 30;
  const float x = __fmul_rn(static_cast<float>(static_cast<int32_t>(word - (quadrant << 30))), 1.4629180792671596e-9f);
  const float q = __fmul_rn(x, x);
  const float c = times_plus(q, times_plus(q, times_plus(q, times_plus(q, 2.4801587e-5f, -0.0013888889f), 0.041666667f), -0.5f), 1.0f);
  const float s = __fmul_rn(x, times_plus(q, times_plus(q, times_plus(q, times_plus(q, 2.7557319e-6f, -1.9841270e-4f), 0.0083333333f), -0.16666667f), 1.0f));
  const float a = quadrant & 1 ? s : c, b = quadrant & 1 ? c : s;
  *cosine = __uint_as_float(__float_as_uint(a) ^ (((quadrant + 1) & 2) << 30));
  *sine = __uint_as_float(__float_as_uint(b) ^ ((quadrant & 2) << 30));
}

// Philox 4x32-10 of one counter, and its four words' normal numbers.
__device__ inline FourNormals normals_of(const NormalFill& a, uint64_t counter) {
  uint32_t c0 = static_cast<uint32_t>(counter), c1 = static_cast<uint32_t>(counter >> 32), c2 = a.stream[0], c3 = a.stream[1];
  uint32_t k0 = a.key[0], k1 = a.key[1];
  for (int round = 0; round < 10; round++) {
    const uint64_t p0 = uint64_t{0xD2511F53} * c0, p1 = uint64_t{0xCD9E8D57} * c2;
    c0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0, c1 = static_cast<uint32_t>(p1);
    c2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1, c3 = static_cast<uint32_t>(p0);
    k0 += 0x9E3779B9, k1 += 0xBB67AE85;
  }
  FourNormals four;
  for (int half = 0; half < 2; half++) {
    const float radius = sqrtf(device_minus_two_log(half == 0 ? c0 : c2));
    float cosine, sine;
    device_circle(half == 0 ? c1 : c3, &cosine, &sine);
    four.v[2 * half] = __fmul_rn(radius, cosine), four.v[2 * half + 1] = __fmul_rn(radius, sine);
  }
  return four;
}

}  // namespace ceir
