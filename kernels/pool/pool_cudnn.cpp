// The rows "cudnn" of the pools: every plane is an image of one channel.
#include "kernels/launch/cudnn.h"
#include "kernels/pool/pool.h"

namespace ceir {
namespace {

const char* counts_windows(const PoolGeometry& g) {
  if (g.channels_last != 1) return "this row is for channels that come first";
  return cudnn_counts({g.planes, g.height, g.width, g.size, g.stride, g.out_height(), g.out_width()}) && g.padding <= INT32_MAX
             ? cudnn_lacks()
             : cudnn_too_many;
}

void pool_forward(bool maximum, const PoolGeometry& g, const float* x, float* y) {
  void* const handle = cudnn_handle();
  const CudnnPooling pooling(maximum, g.size, g.stride, g.padding);
  const CudnnTensor from(g.planes, 1, g.height, g.width), to(g.planes, 1, g.out_height(), g.out_width());
  require_cudnn(cudnn().cudnnPoolingForward(handle, pooling, &cudnn_one, from, x, &cudnn_zero, to, y), "cudnnPoolingForward");
}

}  // namespace

const char* max_pool_fits_cudnn(const MaxPool<float>& a) {
  return a.where ? "cuDNN does not say where the maximum is" : counts_windows(a.geometry);
}
const char* avg_pool_fits_cudnn(const AvgPool<float>& a) { return counts_windows(a.geometry); }

void max_pool_cudnn(const MaxPool<float>& a) { pool_forward(true, a.geometry, a.x, a.y); }
void avg_pool_cudnn(const AvgPool<float>& a) { pool_forward(false, a.geometry, a.x, a.y); }

}  // namespace ceir
