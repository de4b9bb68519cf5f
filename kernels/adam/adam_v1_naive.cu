// v1: one thread an element: four floats read, three written. Neighbouring threads have neighbouring elements.
#include "kernels/adam/adam_device.h"

namespace ceir {
namespace {

__global__ void adam_naive(const AdamUpdate<float> update) {
  const AdamUpdate<float> a = adam_at_hand(update);
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= a.n) return;
  const AdamElement e = adam_of(a, a.w[i], a.g[i], a.m[i], a.v[i]);
  a.w[i] = e.w, a.m[i] = e.m, a.v[i] = e.v;
}

}  // namespace

void adam_v1_naive(const AdamUpdate<float>& a) { launch(adam_naive, blocks_for(a.n, 256), dim3(256), 0, a); }

}  // namespace ceir
