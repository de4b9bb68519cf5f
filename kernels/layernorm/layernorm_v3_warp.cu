// v3: one warp does a row, by shuffles alone: no shared memory and no barrier, four rows a block.
//     Backward: dx likewise; dgain and dbias by 64 rows a block, whose sums a second kernel adds up. The partition is fixed by
//     the number of rows, so the same rows give the same bits on any GPU; atomics would not.
#include "kernels/launch/warp.h"
#include "kernels/layernorm/layernorm.h"

namespace ceir {
namespace {

constexpr int warps = 4, rows_per_part = 64;

__global__ void layernorm_warp(float* y, float* mean, float* rstd, const float* x, const float* gain, const float* bias,
                               int64_t rows, int64_t width, float eps) {
  const int64_t r = int64_t{blockIdx.x} * warps + threadIdx.x / 32;
  if (r >= rows) return;  // the whole warp leaves
  const int lane = threadIdx.x % 32;
  x += r * width, y += r * width;
  const float origin = x[0];
  float sum = 0, squares = 0;
  for (int64_t i = lane; i < width; i += 32) sum += x[i] - origin;
  const float shift = warp_sum(sum) / width;
  for (int64_t i = lane; i < width; i += 32) squares += (x[i] - origin - shift) * (x[i] - origin - shift);
  const float scale = 1 / sqrtf(warp_sum(squares) / width + eps);
  __syncwarp();  // everybody has read x[0]: y may be x
  for (int64_t i = lane; i < width; i += 32) y[i] = (x[i] - origin - shift) * scale * gain[i] + bias[i];
  if (mean && lane == 0) mean[r] = origin + shift, rstd[r] = scale;
}

__global__ void layernorm_backward_warp(float* dx, const float* dy, const float* x, const float* gain, const float* mean,
                                        const float* rstd, int64_t rows, int64_t width) {
  const int64_t r = int64_t{blockIdx.x} * warps + threadIdx.x / 32;
  if (r >= rows) return;
  const int lane = threadIdx.x % 32;
  const float center = mean[r], scale = rstd[r];
  x += r * width, dy += r * width, dx += r * width;
  float sum = 0, with_h = 0;
  for (int64_t i = lane; i < width; i += 32) {
    const float g = dy[i] * gain[i];
    sum += g, with_h += g * ((x[i] - center) * scale);
  }
  sum = warp_sum(sum) / width, with_h = warp_sum(with_h) / width;
  for (int64_t i = lane; i < width; i += 32) dx[i] = scale * (dy[i] * gain[i] - sum - (x[i] - center) * scale * with_h);
}

// parts: (2, number of parts, width): the sums of dgain, then of dbias, of 64 rows each.
__global__ void layernorm_columns_parts(float* parts, const float* dy, const float* x, const float* mean, const float* rstd,
                                        int64_t rows, int64_t width) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x, part = blockIdx.y;
  if (i >= width) return;
  const int64_t begin = part * rows_per_part, end = min(begin + rows_per_part, rows);
  float gain_sum = 0, bias_sum = 0;
  for (int64_t r = begin; r < end; r++) {
    gain_sum += dy[r * width + i] * ((x[r * width + i] - mean[r]) * rstd[r]);
    bias_sum += dy[r * width + i];
  }
  parts[part * width + i] = gain_sum;
  parts[(gridDim.y + part) * width + i] = bias_sum;
}

__global__ void layernorm_columns_sum(float* dgain, float* dbias, const float* parts, int64_t count, int64_t width) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= width) return;
  float gain_sum = 0, bias_sum = 0;
  for (int64_t part = 0; part < count; part++) gain_sum += parts[part * width + i], bias_sum += parts[(count + part) * width + i];
  dgain[i] = gain_sum, dbias[i] = bias_sum;
}

}  // namespace

void layernorm_v3_warp(const LayerNorm<float>& a) {
  launch(layernorm_warp, blocks_for(a.rows, warps), dim3(32 * warps), 0, a.y, a.mean, a.rstd, a.x, a.gain, a.bias, a.rows, a.width, a.eps);
}

void layernorm_backward_v3_warp(const LayerNormBackward<float>& a) {
  if (a.dgain) {  // before dx, which may alias dy
    const int64_t count = block_count(a.rows, rows_per_part);
    float* parts = static_cast<float*>(device_workspace(static_cast<size_t>(2 * count * a.width) * sizeof(float)));
    launch(layernorm_columns_parts, dim3(block_count(a.width, 128), static_cast<unsigned>(count)), dim3(128), 0, parts, a.dy, a.x, a.mean,
           a.rstd, a.rows, a.width);
    launch(layernorm_columns_sum, blocks_for(a.width, 128), dim3(128), 0, a.dgain, a.dbias, parts, count, a.width);
  }
  if (a.dx)
    launch(layernorm_backward_warp, blocks_for(a.rows, warps), dim3(32 * warps), 0, a.dx, a.dy, a.x, a.gain, a.mean, a.rstd, a.rows, a.width);
}

}  // namespace ceir
