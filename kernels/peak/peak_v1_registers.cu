// v1: as many threads as a device holds, each with 16 chains of multiply-adds on registers: nothing is read, nothing waits for
//     memory, and a chain's latency is hidden by the others. What a real kernel reaches of this is its distance from the roof.
#include "kernels/launch/launch.h"
#include "kernels/peak/peak.h"

namespace ceir {
namespace {

constexpr int chains = 16, threads = 256, blocks_per_multiprocessor = 8;

__global__ void peak_registers(double* result, int64_t rounds) {
  float x[chains];
#pragma unroll
  for (int i = 0; i < chains; i++) x[i] = static_cast<float>(i + 1);
  for (int64_t r = 0; r < rounds; r++) {
#pragma unroll
    for (int i = 0; i < chains; i++) x[i] = fmaf(x[i], 0.999f, 0.001f);
  }
  float total = 0;
#pragma unroll
  for (int i = 0; i < chains; i++) total += x[i];
  // One thread's is kept. The sums are above 0, which the compiler does not know: every thread has to have its own.
  if (total < 0 || (blockIdx.x == 0 && threadIdx.x == 0)) *result = total;
}

}  // namespace

void peak_v1_registers(const PeakLoop& p) {
  const auto blocks = static_cast<unsigned>(blocks_per_multiprocessor * current_device().multiprocessors);
  launch(peak_registers, dim3(blocks), dim3(threads), 0, p.result, p.rounds);
  *p.operations = p.rounds * chains * 2 * threads * blocks;
}

}  // namespace ceir
