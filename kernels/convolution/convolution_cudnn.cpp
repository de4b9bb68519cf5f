// The row "cudnn" of the convolution's table: the sums are cuDNN's, by its algorithm without a matrix of windows; what follows them
// is a pass of ours over y, as in v6.
#include "kernels/convolution/convolution.h"
#include "kernels/launch/cudnn.h"
#include "kernels/launch/device.h"
#include "kernels/launch/rung.h"

namespace ceir {

CEIR_RUNG void convolution_finish(const ConvolutionForward<float>&);  // convolution_v6_pointwise.cu

const char* convolution_fits_cudnn(const ConvolutionForward<float>& a) {
  const ConvolutionGeometry& g = a.geometry;
  if (g.x_channels_last != g.y_channels_last) return "cuDNN wants x and y in one layout";
  if (!cudnn_counts({g.batch, g.channels, g.height, g.width, g.out, g.kernel_height, g.kernel_width, g.stride, g.out_height(), g.out_width()}) || g.padding > INT32_MAX)
    return cudnn_too_many;
  return cudnn_lacks();
}

void convolution_cudnn(const ConvolutionForward<float>& a) {
  constexpr int implicit_precomp_gemm = 1;  // cudnnConvolutionFwdAlgo_t; deterministic
  const ConvolutionGeometry& g = a.geometry;
  void* const handle = cudnn_handle();
  const CudnnTensor x(g.batch, g.channels, g.height, g.width, g.x_channels_last), y(g.batch, g.out, g.out_height(), g.out_width(), g.y_channels_last);
  const CudnnFilter weight(g.out, g.channels, g.kernel_height, g.kernel_width, g.x_channels_last);
  const CudnnConvolution convolution(g.stride, g.padding);
  size_t bytes = 0;
  require_cudnn(cudnn().cudnnGetConvolutionForwardWorkspaceSize(handle, x, weight, convolution, y, implicit_precomp_gemm, &bytes), "cudnnGetConvolutionForwardWorkspaceSize");
  void* const workspace = bytes > 0 ? device_workspace(bytes) : nullptr;
  require_cudnn(cudnn().cudnnConvolutionForward(handle, &cudnn_one, x, a.x, weight, a.weight, convolution, implicit_precomp_gemm, workspace, bytes, &cudnn_zero, y, a.y),
                "cudnnConvolutionForward");
  if (a.after.mean || a.after.shift || a.after.residual || a.after.relu) convolution_finish(a);
}

}  // namespace ceir
