// The row "cudnn" of batch normalisation's gradients. Its forward pass is one call that cannot be split into our three steps, and
// takes the variance where ours has 1 / sqrt(var + eps); so only the way back has a row.
#include "kernels/batchnorm/batchnorm.h"
#include "kernels/launch/cudnn.h"

namespace ceir {
namespace {

constexpr int spatial = 1;  // cudnnBatchNormMode_t: one mean for each channel
}  // namespace

const char* batchnorm_backward_fits_cudnn(const BatchNormBackward<float>& a) {
  if (!a.training) return "cuDNN's gradients are those of training";
  if (!a.dx || a.dx == a.dy) return "cuDNN writes dx, and not over dy";
  return cudnn_counts({a.n, a.channels, a.inner}) ? cudnn_lacks() : cudnn_too_many;
}

void batchnorm_backward_cudnn(const BatchNormBackward<float>& a) {
  void* const handle = cudnn_handle();
  const CudnnTensor data(a.n, a.channels, a.inner, 1), channels(1, a.channels, 1, 1);
  // With mean and rstd given, its eps is not used.
  require_cudnn(cudnn().cudnnBatchNormalizationBackward(handle, spatial, &cudnn_one, &cudnn_zero, &cudnn_one, &cudnn_zero, data, a.x, data, a.dy, data, a.dx, channels, a.gain, a.dgain,
                                                        a.dbias, 1e-5, a.mean, a.rstd),
                "cudnnBatchNormalizationBackward");
}

}  // namespace ceir
