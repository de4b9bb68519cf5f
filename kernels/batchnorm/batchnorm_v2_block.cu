// v2: 1024 threads do 32 channels of (N, C), or one of (N, C, H, W) (batchnorm_device.h): each adds every 32nd row, or every
//     1024th pixel, and they meet in shared memory. 32 times the threads, and a warp's 32 floats are neighbours in both layouts.
//     Elements are taken as x - x[0], in float, so that a large mean costs no digits; what threads hand on is in double.
#include "kernels/batchnorm/batchnorm.h"
#include "kernels/batchnorm/batchnorm_device.h"

namespace ceir {
namespace {

constexpr int rows_per_thread = 8;

__global__ void __launch_bounds__(batchnorm_threads) batch_statistics_block(const BatchStatistics<float> a) {
  __shared__ double share[batchnorm_threads];
  const ChannelShare mine(a.channels, a.inner);
  const double count = static_cast<double>(a.n * a.inner);
  const float origin = mine.inside && a.n * a.inner > 0 ? a.x[mine.channel * a.inner] : 0;
  float sum = 0, squares = 0;
  mine.each(a.n, a.channels, a.inner, [&](int64_t i) { sum += a.x[i] - origin; });
  const float shift = static_cast<float>(channel_sum(sum, mine.across, share) / count);
  mine.each(a.n, a.channels, a.inner, [&](int64_t i) {
    const float d = a.x[i] - origin - shift;
    squares += d * d;
  });
  const double total = channel_sum(squares, mine.across, share);
  if (mine.inside && mine.first == 0) a.mean[mine.channel] = origin + shift, a.var[mine.channel] = static_cast<float>(total / count);
}

// (N, C): a thread keeps its channel's four numbers and goes down 8 rows.
__global__ void batchnorm_columns(const BatchNorm<float> a, unsigned blocks) {
  const int64_t c = int64_t{blockIdx.x % blocks} * blockDim.x + threadIdx.x, begin = int64_t{blockIdx.x / blocks} * rows_per_thread;
  if (c >= a.channels) return;
  const float mean = a.mean[c], rstd = a.rstd[c], gain = a.gain[c], bias = a.bias[c];
  for (int64_t r = begin; r < min(begin + rows_per_thread, a.n); r++) a.y[r * a.channels + c] = (a.x[r * a.channels + c] - mean) * rstd * gain + bias;
}

// (N, C, H, W): a block has pixels of one plane, whose four numbers are the same for all threads.
__global__ void batchnorm_planes(const BatchNorm<float> a, unsigned blocks) {
  const int64_t plane = blockIdx.x / blocks, s = int64_t{blockIdx.x % blocks} * blockDim.x + threadIdx.x, c = plane % a.channels;
  if (s >= a.inner) return;
  a.y[plane * a.inner + s] = (a.x[plane * a.inner + s] - a.mean[c]) * a.rstd[c] * a.gain[c] + a.bias[c];
}

__global__ void __launch_bounds__(batchnorm_threads) batchnorm_backward_block(const BatchNormBackward<float> a) {
  __shared__ double share[batchnorm_threads];
  const ChannelShare mine(a.channels, a.inner);
  const int64_t c = mine.channel;
  const float mean = mine.inside ? a.mean[c] : 0, rstd = mine.inside ? a.rstd[c] : 0;
  float with_h = 0, plain = 0;
  mine.each(a.n, a.channels, a.inner, [&](int64_t i) {
    with_h += a.dy[i] * ((a.x[i] - mean) * rstd);
    plain += a.dy[i];
  });
  const double dgain = channel_sum(with_h, mine.across, share), dbias = channel_sum(plain, mine.across, share);
  if (mine.inside && mine.first == 0) a.dgain[c] = static_cast<float>(dgain), a.dbias[c] = static_cast<float>(dbias);
  if (!a.dx) return;
  const double count = static_cast<double>(a.n * a.inner);
  const float factor = mine.inside ? a.gain[c] * rstd : 0;
  const float mean_dy = a.training ? static_cast<float>(dbias / count) : 0, mean_dy_h = a.training ? static_cast<float>(dgain / count) : 0;
  mine.each(a.n, a.channels, a.inner, [&](int64_t i) {  // a thread reads and writes its own elements: dx may be dy
    a.dx[i] = factor * (a.training ? a.dy[i] - mean_dy - (a.x[i] - mean) * rstd * mean_dy_h : a.dy[i]);
  });
}

}  // namespace

void batch_statistics_v2_block(const BatchStatistics<float>& a) {
  launch(batch_statistics_block, batchnorm_blocks(a.channels, a.inner), dim3(batchnorm_threads), 0, a);
}

void batchnorm_v2_block(const BatchNorm<float>& a) {
  if (a.inner == 1) {
    const unsigned blocks = block_count(a.channels, 128);
    launch(batchnorm_columns, blocks_for(int64_t{blocks} * block_count(a.n, rows_per_thread), 1), dim3(128), 0, a, blocks);
  } else {
    const unsigned blocks = block_count(a.inner, 256);
    launch(batchnorm_planes, blocks_for(a.n * a.channels * blocks, 1), dim3(256), 0, a, blocks);
  }
}

void batchnorm_backward_v2_block(const BatchNormBackward<float>& a) {
  launch(batchnorm_backward_block, batchnorm_blocks(a.channels, a.inner), dim3(batchnorm_threads), 0, a);
}

}  // namespace ceir
