// The rows "cudnn" of the softmax tables: every row is an image of one pixel with `width` channels.
#include "kernels/launch/cudnn.h"
#include "kernels/softmax/softmax.h"

namespace ceir {
namespace {

constexpr int accurate = 1, of_logarithm = 2;  // cudnnSoftmaxAlgorithm_t; accurate: the maximum is subtracted first
constexpr int over_image = 0;                  // cudnnSoftmaxMode_t

const char* counts_rows(int64_t rows, int64_t width) { return cudnn_counts({rows, width}) ? cudnn_lacks() : cudnn_too_many; }

}  // namespace

const char* softmax_fits_cudnn(const Softmax<float>& a) {
  return a.causal_period > 0 ? "cuDNN's softmax has no causal rows" : counts_rows(a.rows, a.width);
}
const char* softmax_backward_fits_cudnn(const SoftmaxBackward<float>& a) { return counts_rows(a.rows, a.width); }

void softmax_cudnn(const Softmax<float>& a) {
  void* const handle = cudnn_handle();
  const CudnnTensor shape(a.rows, a.width, 1, 1);
  require_cudnn(cudnn().cudnnSoftmaxForward(handle, a.logarithm ? of_logarithm : accurate, over_image, &cudnn_one, shape, a.x, &cudnn_zero, shape, a.y), "cudnnSoftmaxForward");
}

void softmax_backward_cudnn(const SoftmaxBackward<float>& a) {
  void* const handle = cudnn_handle();
  const CudnnTensor shape(a.rows, a.width, 1, 1);
  require_cudnn(cudnn().cudnnSoftmaxBackward(handle, a.logarithm ? of_logarithm : accurate, over_image, &cudnn_one, shape, a.y, shape, a.dy, &cudnn_zero, shape, a.dx),
                "cudnnSoftmaxBackward");
}

}  // namespace ceir
