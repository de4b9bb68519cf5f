// v2: one thread a Philox block: its four numbers go out in one store of 16 bytes. A quarter of the arithmetic and of the
//     stores. The last one to three numbers go singly, and all do where `out` is no multiple of 16.
#include "kernels/launch/vector.h"
#include "kernels/normal/normal_device.h"

namespace ceir {
namespace {

__global__ void normal_block(const NormalFill a, bool aligned) {
  const int64_t block = int64_t{blockIdx.x} * blockDim.x + threadIdx.x, i = 4 * block;
  if (i >= a.n) return;
  const FourNormals four = normals_of(a, static_cast<uint64_t>(block));
  if (aligned && i + 4 <= a.n) {
    store4(a.out + i, make_float4(four.v[0], four.v[1], four.v[2], four.v[3]));
    return;
  }
#pragma unroll
  for (int k = 0; k < 4; k++)
    if (i + k < a.n) a.out[i + k] = four.v[k];
}

}  // namespace

void normal_v2_block(const NormalFill& a) {
  launch(normal_block, blocks_for(a.n, 1024), dim3(256), 0, a, reinterpret_cast<uintptr_t>(a.out) % 16 == 0);
}

}  // namespace ceir
