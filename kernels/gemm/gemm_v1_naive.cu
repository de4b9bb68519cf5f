// v1: one thread an element of C, and threads that are neighbours do elements below one another. Each lane of a warp then
//     writes to another row of C and reads another row of A: 32 sectors for 32 floats. Every element of A and B is read
//     from global memory as often as it is used.
#include "kernels/gemm/gemm_device.h"

namespace ceir {
namespace {

__global__ void gemm_naive(const Gemm<float> all) {
  const Gemm<float> g = own_product(all);
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x, j = int64_t{blockIdx.y} * blockDim.y + threadIdx.y;
  if (i >= g.m || j >= g.n) return;
  float sum = 0;
  for (int64_t p = 0; p < g.k; p++) sum = fmaf(g.a[i * g.a_row + p * g.a_col], g.b[p * g.b_row + j * g.b_col], sum);
  finish(g, i, j, sum);
}

}  // namespace

void gemm_v1_naive(const Gemm<float>& g) {
  launch_batch(gemm_naive, dim3(block_count(g.m, 32), block_count(g.n, 8)), dim3(32, 8), 0, g);
}

}  // namespace ceir
