// What the rows "cudnn" of several operations share: NVIDIA's deep learning library, opened at run time, its handle, and its
// descriptions of arrays. Everything is computed in f32 (no tensor cores), so that these rows are held to the same tolerances.
// Source: cuDNN API reference, "cudnn_ops" and "cudnn_cnn"; versions 8 and 9 agree in all that is called here.
#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace ceir {

// Null when cuDNN can compute on the device in use, else why not: no device, the emulator, no such library.
const char* cudnn_lacks();
// Opens another library in place of NVIDIA's, and takes any device for a GPU (tests); null: as before.
void use_cudnn_library(const char* path);

// Throws Error(resource) when memory ran out, else Error(internal): "cuDNN: cudnnSoftmaxForward failed: ...".
void require_cudnn(int status, const char* what);

// The thread's handle, set to the current stream. Throws as above; Error(usage) when cuDNN is not there.
void* cudnn_handle();

// y = one op(x) + zero y.
inline constexpr float cudnn_one = 1, cudnn_zero = 0;

inline constexpr const char* cudnn_too_many = "cuDNN counts from 1 to 2^31 - 1";
constexpr bool cudnn_counts(std::initializer_list<int64_t> sizes) {
  for (const int64_t n : sizes)
    if (n < 1 || n > INT32_MAX) return false;
  return true;
}

// A description that the library made, and takes back.
class CudnnObject {
 public:
  CudnnObject(const CudnnObject&) = delete;
  CudnnObject& operator=(const CudnnObject&) = delete;
  ~CudnnObject() { destroy_(handle_); }
  operator void*() const { return handle_; }

 protected:
  CudnnObject(int (*create)(void**), const char* what, int (*destroy)(void*)) : destroy_(destroy) { require_cudnn(create(&handle_), what); }

 private:
  int (*destroy_)(void*);
  void* handle_ = nullptr;
};

// An array (n, c, h, w) of floats, dense. channels_last: it lies as (n, h, w, c).
struct CudnnTensor : CudnnObject {
  CudnnTensor(int64_t n, int64_t c, int64_t h, int64_t w, bool channels_last = false);
};
// The same of a convolution's weight.
struct CudnnFilter : CudnnObject {
  CudnnFilter(int64_t out, int64_t channels, int64_t height, int64_t width, bool channels_last);
};
// Square windows; what lies outside counts as -inf for a maximum. NaN wins.
struct CudnnPooling : CudnnObject {
  CudnnPooling(bool maximum, int64_t size, int64_t stride, int64_t padding);
};
struct CudnnConvolution : CudnnObject {
  CudnnConvolution(int64_t stride, int64_t padding);
};

// What is called, all in terms of the library's own opaque objects. Set when cudnn_lacks() has said null.
struct CudnnFunctions {
  int (*cudnnCreate)(void** handle);
  int (*cudnnDestroy)(void* handle);
  int (*cudnnSetStream)(void* handle, void* stream);
  const char* (*cudnnGetErrorString)(int status);
  int (*cudnnCreateTensorDescriptor)(void** tensor);
  int (*cudnnSetTensor4dDescriptor)(void* tensor, int format, int type, int n, int c, int h, int w);
  int (*cudnnDestroyTensorDescriptor)(void* tensor);
  int (*cudnnSoftmaxForward)(void* handle, int algorithm, int mode, const void* alpha, void* x_is, const void* x, const void* beta, void* y_is, void* y);
  int (*cudnnSoftmaxBackward)(void* handle, int algorithm, int mode, const void* alpha, void* y_is, const void* y, void* dy_is, const void* dy,
                              const void* beta, void* dx_is, void* dx);
  int (*cudnnCreatePoolingDescriptor)(void** pooling);
  int (*cudnnSetPooling2dDescriptor)(void* pooling, int mode, int nan, int height, int width, int pad_y, int pad_x, int stride_y, int stride_x);
  int (*cudnnDestroyPoolingDescriptor)(void* pooling);
  int (*cudnnPoolingForward)(void* handle, void* pooling, const void* alpha, void* x_is, const void* x, const void* beta, void* y_is, void* y);
  int (*cudnnCreateFilterDescriptor)(void** filter);
  int (*cudnnSetFilter4dDescriptor)(void* filter, int type, int format, int out, int channels, int height, int width);
  int (*cudnnDestroyFilterDescriptor)(void* filter);
  int (*cudnnCreateConvolutionDescriptor)(void** convolution);
  int (*cudnnSetConvolution2dDescriptor)(void* convolution, int pad_y, int pad_x, int stride_y, int stride_x, int dilation_y, int dilation_x, int mode, int type);
  int (*cudnnSetConvolutionMathType)(void* convolution, int math);
  int (*cudnnDestroyConvolutionDescriptor)(void* convolution);
  int (*cudnnGetConvolutionForwardWorkspaceSize)(void* handle, void* x_is, void* weight_is, void* convolution, void* y_is, int algorithm, size_t* bytes);
  int (*cudnnConvolutionForward)(void* handle, const void* alpha, void* x_is, const void* x, void* weight_is, const void* weight, void* convolution,
                                 int algorithm, void* workspace, size_t bytes, const void* beta, void* y_is, void* y);
  int (*cudnnBatchNormalizationBackward)(void* handle, int mode, const void* alpha_data, const void* beta_data, const void* alpha_parameters,
                                         const void* beta_parameters, void* x_is, const void* x, void* dy_is, const void* dy, void* dx_is, void* dx,
                                         void* gain_is, const void* gain, void* dgain, void* dbias, double eps, const void* mean, const void* rstd);
};
const CudnnFunctions& cudnn();

}  // namespace ceir
