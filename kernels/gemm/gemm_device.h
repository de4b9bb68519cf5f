// What the rungs of the gemm ladder share: reading an operand with zeros beyond its edge, and what happens to a sum when it
// is complete. Kernels take the struct Gemm itself as their argument.
#pragma once
#include "kernels/gemm/gemm.h"
#include "kernels/launch/launch.h"
#include "kernels/unary/unary_device.h"

namespace ceir {

__device__ inline float a_at(const Gemm<float>& g, int64_t i, int64_t p) {
  return i < g.m && p < g.k ? g.a[i * g.a_row + p * g.a_col] : 0;
}
__device__ inline float b_at(const Gemm<float>& g, int64_t p, int64_t j) {
  return p < g.k && j < g.n ? g.b[p * g.b_row + j * g.b_col] : 0;
}

// Called and not inlined: else nine functions would stand in the kernel once for each of the elements that a thread finishes.
__device__ __attribute__((noinline)) inline float activated(Unary f, float x) { return device_unary(f, x); }

// C(i, j) from its sum, when it is inside.
__device__ inline void finish(const Gemm<float>& g, int64_t i, int64_t j, float sum) {
  if (i >= g.m || j >= g.n) return;
  float* c = g.c + i * g.c_row + j;
  if (g.accumulate) {
    *c += sum;
    return;
  }
  if (g.bias) sum += g.bias[j];
  if (g.activation != Unary::none) sum = activated(g.activation, sum);
  if (g.residual) sum += g.residual[i * g.residual_row + j];
  *c = sum;
}

}  // namespace ceir
