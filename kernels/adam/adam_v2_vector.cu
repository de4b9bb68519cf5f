// v2: four elements a thread, by loads and stores of 16 bytes: a quarter of the instructions for the same bytes, and four
//     loads of 16 bytes on the way at once. What is left over, and tensors that begin at no multiple of 16, go singly.
#include "kernels/adam/adam_device.h"

namespace ceir {
namespace {

__global__ void adam_vector(const AdamUpdate<float> a, bool aligned) {
  adam_four(a, 4 * (int64_t{blockIdx.x} * blockDim.x + threadIdx.x), aligned);
}

}  // namespace

void adam_v2_vector(const AdamUpdate<float>& a) { launch(adam_vector, blocks_for(a.n, 1024), dim3(256), 0, a, adam_aligned(a)); }

void adam_all_v2_vector(const AdamAll<float>& a) {
  for (int64_t i = 0; i < a.count; i++) adam_v2_vector(a.updates[i]);
}

}  // namespace ceir
