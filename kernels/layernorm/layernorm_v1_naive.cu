// v1: one thread does a row, in three passes: mean, variance, result. What it gets right from the start, and all rungs keep:
//     the mean is taken of x - x[0] and the variance of what is left of that, so that rows around 10,000 lose no digits.
#include "kernels/launch/launch.h"
#include "kernels/layernorm/layernorm.h"

namespace ceir {
namespace {

__global__ void layernorm_naive(float* y, float* mean, float* rstd, const float* x, const float* gain, const float* bias,
                                int64_t rows, int64_t width, float eps) {
  const int64_t r = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (r >= rows) return;
  x += r * width, y += r * width;
  const float origin = x[0];
  float sum = 0, squares = 0;
  for (int64_t i = 0; i < width; i++) sum += x[i] - origin;
  const float shift = sum / width;  // mean - origin
  for (int64_t i = 0; i < width; i++) squares += (x[i] - origin - shift) * (x[i] - origin - shift);
  const float scale = 1 / sqrtf(squares / width + eps);
  for (int64_t i = 0; i < width; i++) y[i] = (x[i] - origin - shift) * scale * gain[i] + bias[i];
  if (mean) mean[r] = origin + shift, rstd[r] = scale;
}

// dx, a thread a row.
__global__ void layernorm_backward_naive(float* dx, const float* dy, const float* x, const float* gain, const float* mean,
                                         const float* rstd, int64_t rows, int64_t width) {
  const int64_t r = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (r >= rows) return;
  x += r * width, dy += r * width, dx += r * width;
  float sum = 0, with_h = 0;
  for (int64_t i = 0; i < width; i++) {
    const float g = dy[i] * gain[i];
    sum += g, with_h += g * ((x[i] - mean[r]) * rstd[r]);
  }
  for (int64_t i = 0; i < width; i++)
    dx[i] = rstd[r] * (dy[i] * gain[i] - sum / width - (x[i] - mean[r]) * rstd[r] * (with_h / width));
}

// dgain and dbias, a thread a column: neighbouring threads read neighbouring floats, but a width of 768 is only 768 threads.
__global__ void layernorm_columns_naive(float* dgain, float* dbias, const float* dy, const float* x, const float* mean,
                                        const float* rstd, int64_t rows, int64_t width) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= width) return;
  float gain_sum = 0, bias_sum = 0;
  for (int64_t r = 0; r < rows; r++) {
    gain_sum += dy[r * width + i] * ((x[r * width + i] - mean[r]) * rstd[r]);
    bias_sum += dy[r * width + i];
  }
  dgain[i] = gain_sum, dbias[i] = bias_sum;
}

}  // namespace

void layernorm_v1_naive(const LayerNorm<float>& a) {
  launch(layernorm_naive, blocks_for(a.rows, 128), dim3(128), 0, a.y, a.mean, a.rstd, a.x, a.gain, a.bias, a.rows, a.width, a.eps);
}

void layernorm_backward_v1_naive(const LayerNormBackward<float>& a) {
  if (a.dgain)  // before dx, which may alias dy
    launch(layernorm_columns_naive, blocks_for(a.width, 128), dim3(128), 0, a.dgain, a.dbias, a.dy, a.x, a.mean, a.rstd, a.rows, a.width);
  if (a.dx)
    launch(layernorm_backward_naive, blocks_for(a.rows, 128), dim3(128), 0, a.dx, a.dy, a.x, a.gain, a.mean, a.rstd, a.rows, a.width);
}

}  // namespace ceir
