// v2: the same, with neighbouring threads along a row of C. A warp now writes 128 bytes in a row, reads one element of A for
//     all its lanes, and 128 bytes of B in a row where B's rows are dense. (Linear layers keep their weights transposed: there
//     B is still read in 32 sectors, which v3 mends.)
#include "kernels/gemm/gemm_device.h"

namespace ceir {
namespace {

__global__ void gemm_coalesced(const Gemm<float> all) {
  const Gemm<float> g = own_product(all);
  const int64_t j = int64_t{blockIdx.x} * blockDim.x + threadIdx.x, i = int64_t{blockIdx.y} * blockDim.y + threadIdx.y;
  if (i >= g.m || j >= g.n) return;
  float sum = 0;
  for (int64_t p = 0; p < g.k; p++) sum = fmaf(g.a[i * g.a_row + p * g.a_col], g.b[p * g.b_row + j * g.b_col], sum);
  finish(g, i, j, sum);
}

}  // namespace

void gemm_v2_coalesced(const Gemm<float>& g) {
  launch_batch(gemm_coalesced, dim3(block_count(g.n, 32), block_count(g.m, 8)), dim3(32, 8), 0, g);
}

}  // namespace ceir
