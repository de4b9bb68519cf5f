// v1: a thread does a pair of rows: their product and both of their lengths, three sums in double. Every row's length is added up
//     anew for each row of the other side.
#include "kernels/cosines/cosines_device.h"

namespace ceir {
namespace {

__global__ void cosines_naive(const Cosines<float> p) {
  const int64_t at = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (at < p.n * p.k) p.y[at] = cosine_in_double(p, at / p.k, at % p.k);
}

}  // namespace

void cosines_v1_naive(const Cosines<float>& p) { launch(cosines_naive, blocks_for(p.n * p.k, 256), dim3(256), 0, p); }

}  // namespace ceir
