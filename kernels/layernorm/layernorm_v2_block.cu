// v2: one block does a row: warps sum by shuffles, and meet in shared memory once for the mean and once for the variance.
//     Lanes read neighbouring floats now, where v1's read 32 rows at once.
#include "kernels/launch/warp.h"
#include "kernels/layernorm/layernorm.h"

namespace ceir {
namespace {

__global__ void layernorm_block(float* y, float* mean, float* rstd, const float* x, const float* gain, const float* bias,
                                int64_t width, float eps) {
  __shared__ float for_mean[32], for_variance[32];  // two, so that no barrier has to protect the first from the second
  const int64_t r = blockIdx.x;
  x += r * width, y += r * width;
  const float origin = x[0];
  float sum = 0, squares = 0;
  for (int64_t i = threadIdx.x; i < width; i += blockDim.x) sum += x[i] - origin;
  const float shift = block_sum(sum, for_mean) / width;
  for (int64_t i = threadIdx.x; i < width; i += blockDim.x) squares += (x[i] - origin - shift) * (x[i] - origin - shift);
  // Its barrier also has everybody's x[0] read before anybody's y[0] is written: y may be x.
  const float scale = 1 / sqrtf(block_sum(squares, for_variance) / width + eps);
  for (int64_t i = threadIdx.x; i < width; i += blockDim.x) y[i] = (x[i] - origin - shift) * scale * gain[i] + bias[i];
  if (mean && threadIdx.x == 0) mean[r] = origin + shift, rstd[r] = scale;
}

}  // namespace

void layernorm_v2_block(const LayerNorm<float>& a) {
  launch(layernorm_block, blocks_for(a.rows, 1), dim3(128), 0, a.y, a.mean, a.rstd, a.x, a.gain, a.bias, a.width, a.eps);
}

}  // namespace ceir
