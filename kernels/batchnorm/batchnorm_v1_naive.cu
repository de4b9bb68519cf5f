// v1: one thread does a channel, as on the CPU, element after element and in double where sums are made. In (N, C) neighbouring
//     threads read neighbouring floats; in (N, C, H, W) they are a whole picture apart. 256 channels are 256 threads, which
//     leaves almost all of a GPU without work.
#include "kernels/batchnorm/batchnorm.h"
#include "kernels/launch/launch.h"

namespace ceir {
namespace {

constexpr int threads = 64;

// Calls f with the place of each element of channel c, in ascending order.
template <class F>
__device__ void each_of(int64_t c, int64_t n, int64_t channels, int64_t inner, const F& f) {
  for (int64_t i = 0; i < n; i++)
    for (int64_t s = 0; s < inner; s++) f((i * channels + c) * inner + s);
}

__global__ void batch_statistics_naive(const BatchStatistics<float> a) {
  const int64_t c = int64_t{blockIdx.x} * threads + threadIdx.x;
  if (c >= a.channels) return;
  const double count = static_cast<double>(a.n * a.inner);
  double sum = 0, squares = 0;
  each_of(c, a.n, a.channels, a.inner, [&](int64_t i) { sum += a.x[i]; });
  const double mean = sum / count;
  each_of(c, a.n, a.channels, a.inner, [&](int64_t i) { squares += (a.x[i] - mean) * (a.x[i] - mean); });
  a.mean[c] = static_cast<float>(mean), a.var[c] = static_cast<float>(squares / count);
}

__global__ void batchnorm_naive(const BatchNorm<float> a) {
  const int64_t c = int64_t{blockIdx.x} * threads + threadIdx.x;
  if (c >= a.channels) return;
  each_of(c, a.n, a.channels, a.inner, [&](int64_t i) { a.y[i] = (a.x[i] - a.mean[c]) * a.rstd[c] * a.gain[c] + a.bias[c]; });
}

__global__ void batchnorm_backward_naive(const BatchNormBackward<float> a) {
  const int64_t c = int64_t{blockIdx.x} * threads + threadIdx.x;
  if (c >= a.channels) return;
  const double mean = a.mean[c], rstd = a.rstd[c], count = static_cast<double>(a.n * a.inner);
  double dgain = 0, dbias = 0;
  each_of(c, a.n, a.channels, a.inner, [&](int64_t i) {
    dgain += a.dy[i] * ((a.x[i] - mean) * rstd);
    dbias += a.dy[i];
  });
  a.dgain[c] = static_cast<float>(dgain), a.dbias[c] = static_cast<float>(dbias);
  if (!a.dx) return;
  each_of(c, a.n, a.channels, a.inner, [&](int64_t i) {
    double g = a.dy[i];
    if (a.training) g -= dbias / count + (a.x[i] - mean) * rstd * (dgain / count);
    a.dx[i] = static_cast<float>(a.gain[c] * rstd * g);
  });
}

}  // namespace

void batch_statistics_v1_naive(const BatchStatistics<float>& a) {
  launch(batch_statistics_naive, blocks_for(a.channels, threads), dim3(threads), 0, a);
}

void batchnorm_v1_naive(const BatchNorm<float>& a) { launch(batchnorm_naive, blocks_for(a.channels, threads), dim3(threads), 0, a); }

void batchnorm_backward_v1_naive(const BatchNormBackward<float>& a) {
  launch(batchnorm_backward_naive, blocks_for(a.channels, threads), dim3(threads), 0, a);
}

}  // namespace ceir
