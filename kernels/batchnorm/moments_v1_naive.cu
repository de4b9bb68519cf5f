// v1: a thread a channel, in double as the reference: there are few channels, and nothing to gain but not leaving the device.
#include "kernels/batchnorm/moments.h"
#include "kernels/launch/launch.h"

namespace ceir {
namespace {

__device__ inline float moved(float running, float batch, double momentum, double correction) {
  const double before = running;
  return static_cast<float>(before + momentum * (batch * correction - before));
}

__global__ void batch_moments(BatchMoments<float> a) {
  const int64_t c = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (c >= a.channels) return;
  if (a.running_mean) {
    a.running_mean[c] = moved(a.running_mean[c], a.mean[c], a.momentum, 1);
    a.running_var[c] = moved(a.running_var[c], a.var[c], a.momentum, a.correction);
  }
  a.rstd[c] = static_cast<float>(1 / sqrt(a.var[c] + a.eps));
}

}  // namespace

void batch_moments_v1_naive(const BatchMoments<float>& a) {
  launch(batch_moments, blocks_for(a.channels, 128), dim3(128), 0, a);
}

}  // namespace ceir
