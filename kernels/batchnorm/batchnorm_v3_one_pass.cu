// v3: the statistics in one pass (Welford 1962): a thread keeps the mean so far and the squared distances from it, so x is read
//     once instead of twice. Threads' results are merged by the formula of Chan, Golub & LeVeque (1983). As exact as two
//     passes, which the sum of squares minus the squared mean is not. The price is a division an element, which a kernel that
//     waits for memory has time for.
#include "kernels/batchnorm/batchnorm.h"
#include "kernels/batchnorm/batchnorm_device.h"

namespace ceir {
namespace {

struct Moments {
  float count = 0, mean = 0, squares = 0;  // squares: of the distances from the mean

  __device__ void take_in(float x) {
    const float d = x - mean;
    count += 1;
    mean += d / count;
    squares += d * (x - mean);
  }
};

__device__ inline Moments merged(const Moments& a, const Moments& b) {
  if (b.count == 0) return a;
  if (a.count == 0) return b;
  const float count = a.count + b.count, apart = b.mean - a.mean, share = b.count / count;
  return {count, a.mean + apart * share, a.squares + b.squares + apart * apart * (a.count * share)};
}

// Lane 0 gets all lanes', merged in a tree.
__device__ Moments warp_merged(Moments m) {
  for (int by = 16; by > 0; by /= 2)
    m = merged(m, {__shfl_down_sync(0xffffffffu, m.count, by), __shfl_down_sync(0xffffffffu, m.mean, by), __shfl_down_sync(0xffffffffu, m.squares, by)});
  return m;
}

__global__ void __launch_bounds__(batchnorm_threads) batch_statistics_one_pass(const BatchStatistics<float> a) {
  __shared__ float counts[batchnorm_threads], means[batchnorm_threads], squares[batchnorm_threads];
  const ChannelShare mine(a.channels, a.inner);
  const float origin = mine.inside && a.n * a.inner > 0 ? a.x[mine.channel * a.inner] : 0;
  Moments m;
  mine.each(a.n, a.channels, a.inner, [&](int64_t i) { m.take_in(a.x[i] - origin); });
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  // Where a warp's lanes have one channel, its result is one of 32 of that channel. Otherwise the block is turned, as in
  // channel_sum(), so that a warp's lanes get one channel's 32 threads.
  const bool one = mine.across == 1;
  if (one) m = warp_merged(m);
  const int to = one ? warp : warp * 32 + (lane + warp) % 32, from = one ? lane : lane * 32 + (warp + lane) % 32;
  if (!one || lane == 0) counts[to] = m.count, means[to] = m.mean, squares[to] = m.squares;
  __syncthreads();  // all have written
  if (one && warp > 0) return;
  m = warp_merged({counts[from], means[from], squares[from]});
  const int64_t channel = one ? mine.channel : int64_t{blockIdx.x} * 32 + warp;
  if (lane > 0 || channel >= a.channels) return;
  const float first = a.n * a.inner > 0 ? a.x[channel * a.inner] : 0, count = static_cast<float>(a.n * a.inner);
  a.mean[channel] = a.n * a.inner > 0 ? first + m.mean : m.mean / count;  // of nothing: not a number
  a.var[channel] = m.squares / count;
}

}  // namespace

void batch_statistics_v3_one_pass(const BatchStatistics<float>& a) {
  launch(batch_statistics_one_pass, batchnorm_blocks(a.channels, a.inner), dim3(batchnorm_threads), 0, a);
}

}  // namespace ceir
