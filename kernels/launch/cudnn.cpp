#include "kernels/launch/cudnn.h"

#include <string>

#include "kernels/launch/device.h"
#include "kernels/launch/vendor_library.h"

namespace ceir {
namespace {

constexpr int nchw = 0, nhwc = 1;                      // cudnnTensorFormat_t
constexpr int of_floats = 0;                          // cudnnDataType_t
constexpr int maximum_of = 3, mean_of = 2;             // cudnnPoolingMode_t: the deterministic maximum; the mean of what is inside
constexpr int nan_wins = 1;                            // cudnnNanPropagation_t
constexpr int cross_correlation = 1;                   // cudnnConvolutionMode_t
constexpr int without_tensor_cores = 3;                // cudnnMathType_t, CUDNN_FMA_MATH

CudnnFunctions of_cudnn;

VendorLibrary& cudnn_library() {
#define CEIR_CUDNN(name) {#name, reinterpret_cast<void (**)()>(&of_cudnn.name)}
  static VendorLibrary library{
      {"libcudnn.so.9", "libcudnn.so.8"},
      {CEIR_CUDNN(cudnnCreate), CEIR_CUDNN(cudnnDestroy), CEIR_CUDNN(cudnnSetStream), CEIR_CUDNN(cudnnGetErrorString),
       CEIR_CUDNN(cudnnCreateTensorDescriptor), CEIR_CUDNN(cudnnSetTensor4dDescriptor), CEIR_CUDNN(cudnnDestroyTensorDescriptor),
       CEIR_CUDNN(cudnnSoftmaxForward), CEIR_CUDNN(cudnnSoftmaxBackward), CEIR_CUDNN(cudnnCreatePoolingDescriptor),
       CEIR_CUDNN(cudnnSetPooling2dDescriptor), CEIR_CUDNN(cudnnDestroyPoolingDescriptor), CEIR_CUDNN(cudnnPoolingForward),
       CEIR_CUDNN(cudnnCreateFilterDescriptor), CEIR_CUDNN(cudnnSetFilter4dDescriptor), CEIR_CUDNN(cudnnDestroyFilterDescriptor),
       CEIR_CUDNN(cudnnCreateConvolutionDescriptor), CEIR_CUDNN(cudnnSetConvolution2dDescriptor), CEIR_CUDNN(cudnnSetConvolutionMathType),
       CEIR_CUDNN(cudnnDestroyConvolutionDescriptor), CEIR_CUDNN(cudnnGetConvolutionForwardWorkspaceSize), CEIR_CUDNN(cudnnConvolutionForward),
       CEIR_CUDNN(cudnnBatchNormalizationBackward)},
      {"cuDNN runs only on a GPU", "cuDNN is not installed (libcudnn.so.9 cannot be opened)",
       "libcudnn lacks functions that are needed; version 8 or 9 has them"}};
#undef CEIR_CUDNN
  return library;
}

VendorHandle& cudnn_handle_of_thread() {
  thread_local VendorHandle handle{cudnn_library(),
                                   [] {
                                     void* made = nullptr;
                                     require_cudnn(of_cudnn.cudnnCreate(&made), "cudnnCreate");
                                     return made;
                                   },
                                   [](void* handle) { of_cudnn.cudnnDestroy(handle); }};
  return handle;
}

int in_int(int64_t n) { return static_cast<int>(n); }  // counted by cudnn_counts()

}  // namespace

const CudnnFunctions& cudnn() { return of_cudnn; }
const char* cudnn_lacks() { return cudnn_library().lacks(); }

void use_cudnn_library(const char* path) {
  cudnn_handle_of_thread().release();
  cudnn_library().use(path);
}

void require_cudnn(int status, const char* what) {
  if (status == 0) return;
  // The two versions number their errors differently, and name them alike.
  const char* said = of_cudnn.cudnnGetErrorString(status);
  const std::string words = said ? said : "unknown";
  fail(words.find("ALLOC") != std::string::npos ? ErrorKind::resource : ErrorKind::internal, "cuDNN: {} failed: {} (status {})", what, words, status);
}

void* cudnn_handle() {
  if (const char* reason = cudnn_lacks()) usage_error("kernel cudnn: {}", reason);
  void* const handle = cudnn_handle_of_thread().get();
  require_cudnn(of_cudnn.cudnnSetStream(handle, current_stream()), "cudnnSetStream");
  return handle;
}

CudnnTensor::CudnnTensor(int64_t n, int64_t c, int64_t h, int64_t w, bool channels_last)
    : CudnnObject(of_cudnn.cudnnCreateTensorDescriptor, "cudnnCreateTensorDescriptor", of_cudnn.cudnnDestroyTensorDescriptor) {
  require_cudnn(of_cudnn.cudnnSetTensor4dDescriptor(*this, channels_last ? nhwc : nchw, of_floats, in_int(n), in_int(c), in_int(h), in_int(w)), "cudnnSetTensor4dDescriptor");
}

CudnnFilter::CudnnFilter(int64_t out, int64_t channels, int64_t height, int64_t width, bool channels_last)
    : CudnnObject(of_cudnn.cudnnCreateFilterDescriptor, "cudnnCreateFilterDescriptor", of_cudnn.cudnnDestroyFilterDescriptor) {
  require_cudnn(of_cudnn.cudnnSetFilter4dDescriptor(*this, of_floats, channels_last ? nhwc : nchw, in_int(out), in_int(channels), in_int(height), in_int(width)),
                "cudnnSetFilter4dDescriptor");
}

CudnnPooling::CudnnPooling(bool maximum, int64_t window, int64_t stride, int64_t padding)
    : CudnnObject(of_cudnn.cudnnCreatePoolingDescriptor, "cudnnCreatePoolingDescriptor", of_cudnn.cudnnDestroyPoolingDescriptor) {
  require_cudnn(of_cudnn.cudnnSetPooling2dDescriptor(*this, maximum ? maximum_of : mean_of, nan_wins, in_int(window), in_int(window), in_int(padding),
                                                     in_int(padding), in_int(stride), in_int(stride)),
                "cudnnSetPooling2dDescriptor");
}

CudnnConvolution::CudnnConvolution(int64_t stride, int64_t padding)
    : CudnnObject(of_cudnn.cudnnCreateConvolutionDescriptor, "cudnnCreateConvolutionDescriptor", of_cudnn.cudnnDestroyConvolutionDescriptor) {
  require_cudnn(of_cudnn.cudnnSetConvolution2dDescriptor(*this, in_int(padding), in_int(padding), in_int(stride), in_int(stride), 1, 1, cross_correlation, of_floats),
                "cudnnSetConvolution2dDescriptor");
  require_cudnn(of_cudnn.cudnnSetConvolutionMathType(*this, without_tensor_cores), "cudnnSetConvolutionMathType");
}

}  // namespace ceir
