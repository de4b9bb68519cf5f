// What the rungs of the gemm ladder share: reading an operand with zeros beyond its edge, and what happens to a sum when it
// is complete. Kernels take the struct Gemm itself as their argument.
#pragma once
#include "kernels/gemm/gemm.h"
#include "kernels/launch/launch.h"
#include "kernels/launch/vector.h"
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

// What C(i, j) becomes, from its sum.
__device__ inline float finished(const Gemm<float>& g, int64_t i, int64_t j, float sum) {
  if (g.accumulate) return g.c[i * g.c_row + j] + sum;
  if (g.bias) sum += g.bias[j];
  if (g.activation != Unary::none) sum = activated(g.activation, sum);
  if (g.residual) sum += g.residual[i * g.residual_row + j];
  return sum;
}

// C(i, j) from its sum, when it is inside.
__device__ inline void finish(const Gemm<float>& g, int64_t i, int64_t j, float sum) {
  if (i < g.m && j < g.n) g.c[i * g.c_row + j] = finished(g, i, j, sum);
}

// C(i, j) and C(i, j + 1), in one store where they lie at a multiple of 8 bytes.
__device__ inline void finish_pair(const Gemm<float>& g, int64_t i, int64_t j, float first, float second) {
  if (i >= g.m || j >= g.n) return;
  float* c = g.c + i * g.c_row + j;
  first = finished(g, i, j, first);
  if (j + 1 < g.n) second = finished(g, i, j + 1, second);
  if (j + 1 < g.n && reinterpret_cast<uintptr_t>(c) % 8 == 0) {
    store2(c, {__float_as_uint(first), __float_as_uint(second)});
    return;
  }
  c[0] = first;
  if (j + 1 < g.n) c[1] = second;
}

// The product that this block works on: the batch lies along z.
__device__ inline Gemm<float> own_product(const Gemm<float>& all) {
  Gemm<float> g = all;
  const int64_t z = blockIdx.z;
  g.a += z * all.a_batch, g.b += z * all.b_batch, g.c += z * all.c_batch;
  if (g.bias) g.bias += z * all.bias_batch;
  if (g.residual) g.residual += z * all.residual_batch;
  return g;
}

// A grid as deep as the batch, and another one after each 65535 products: CUDA's limit of z.
inline void launch_batch(void (*kernel)(Gemm<float>), dim3 grid, dim3 block, size_t shared_bytes, const Gemm<float>& g) {
  for (int64_t z = 0; z < g.batch; z += 65535) {
    grid.z = static_cast<unsigned>(g.batch - z < 65535 ? g.batch - z : 65535);
    launch(kernel, grid, block, shared_bytes, g.product(z));
  }
}

}  // namespace ceir
