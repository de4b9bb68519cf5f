// A libcudnn that computes with plain loops in double, for the rows' own code: which array goes where, of what shape, and what
// happens when a call fails. FAKE_CUDNN names the function that fails ("cudnnSoftmaxForward"), with status 5000, or 4003 in
// "no memory".
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

namespace {

struct Tensor {
  int format = -1, n = 0, c = 0, h = 0, w = 0;
  int64_t at(int64_t b, int64_t k, int64_t y, int64_t x) const { return format == 1 ? ((b * h + y) * w + x) * c + k : ((b * c + k) * h + y) * w + x; }
};
struct Convolution { int pad_y = 0, pad_x = 0, stride_y = 0, stride_x = 0, math = -1; };
struct Pooling { int mode = -1, height = 0, width = 0, pad_y = 0, pad_x = 0, stride_y = 0, stride_x = 0; };

int status_of(const char* function) {
  const char* f = std::getenv("FAKE_CUDNN");
  const std::string failing = f ? f : "";
  if (failing == "no memory") return std::string(function) == "cudnnCreate" ? 4003 : 0;
  return failing == function ? 5000 : 0;
}
const Tensor& tensor(const void* t) { return *static_cast<const Tensor*>(t); }
double value(const void* x, int64_t i) { return static_cast<double>(static_cast<const float*>(x)[i]); }
void put(void* y, int64_t i, double v) { static_cast<float*>(y)[i] = static_cast<float>(v); }
bool plain(const void* alpha, const void* beta) { return value(alpha, 0) == 1 && value(beta, 0) == 0; }

}  // namespace

extern "C" {
int fake_cudnn_objects = 0;  // handles and descriptors made and not destroyed

int cudnnCreate(void** handle) {
  if (const int status = status_of("cudnnCreate")) return status;
  return *handle = new char, fake_cudnn_objects++, 0;
}
int cudnnDestroy(void* handle) { return delete static_cast<char*>(handle), fake_cudnn_objects--, 0; }
int cudnnSetStream(void*, void*) { return status_of("cudnnSetStream"); }
const char* cudnnGetErrorString(int status) { return status == 4003 ? "CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED" : "CUDNN_STATUS_EXECUTION_FAILED"; }

int cudnnCreateTensorDescriptor(void** t) {
  if (const int status = status_of("cudnnCreateTensorDescriptor")) return status;
  return *t = new Tensor, fake_cudnn_objects++, 0;
}
int cudnnSetTensor4dDescriptor(void* t, int format, int type, int n, int c, int h, int w) {
  if (const int status = status_of("cudnnSetTensor4dDescriptor")) return status;
  if (type != 0 || format < 0 || format > 1 || n < 1 || c < 1 || h < 1 || w < 1) return 2000;
  return *static_cast<Tensor*>(t) = {format, n, c, h, w}, 0;
}
int cudnnDestroyTensorDescriptor(void* t) { return delete static_cast<Tensor*>(t), fake_cudnn_objects--, 0; }

int cudnnCreatePoolingDescriptor(void** p) {
  if (const int status = status_of("cudnnCreatePoolingDescriptor")) return status;
  return *p = new Pooling, fake_cudnn_objects++, 0;
}
int cudnnSetPooling2dDescriptor(void* p, int mode, int nan, int height, int width, int pad_y, int pad_x, int stride_y, int stride_x) {
  if (const int status = status_of("cudnnSetPooling2dDescriptor")) return status;
  if (nan != 1) return 2000;
  return *static_cast<Pooling*>(p) = {mode, height, width, pad_y, pad_x, stride_y, stride_x}, 0;
}
int cudnnDestroyPoolingDescriptor(void* p) { return delete static_cast<Pooling*>(p), fake_cudnn_objects--, 0; }

// Over all of an image (mode 0).
int cudnnSoftmaxForward(void*, int algorithm, int mode, const void* alpha, void* x_is, const void* x, const void* beta, void* y_is, void* y) {
  if (const int status = status_of("cudnnSoftmaxForward")) return status;
  const Tensor& t = tensor(x_is);
  if (mode != 0 || tensor(y_is).n != t.n || !plain(alpha, beta) || algorithm < 1) return 2000;
  const int64_t width = int64_t{t.c} * t.h * t.w;
  for (int64_t r = 0; r < t.n; r++) {
    double largest = -std::numeric_limits<double>::infinity(), sum = 0;
    for (int64_t i = 0; i < width; i++) largest = std::max(largest, value(x, r * width + i));
    for (int64_t i = 0; i < width; i++) sum += std::exp(value(x, r * width + i) - largest);
    for (int64_t i = 0; i < width; i++) {
      const double v = value(x, r * width + i) - largest;
      put(y, r * width + i, algorithm == 2 ? v - std::log(sum) : std::exp(v) / sum);
    }
  }
  return 0;
}
int cudnnSoftmaxBackward(void*, int algorithm, int mode, const void* alpha, void* y_is, const void* y, void*, const void* dy, const void* beta, void*, void* dx) {
  if (const int status = status_of("cudnnSoftmaxBackward")) return status;
  const Tensor& t = tensor(y_is);
  if (mode != 0 || !plain(alpha, beta) || algorithm < 1) return 2000;
  const int64_t width = int64_t{t.c} * t.h * t.w;
  for (int64_t r = 0; r < t.n; r++) {
    double sum = 0;
    for (int64_t i = r * width; i < (r + 1) * width; i++) sum += algorithm == 2 ? value(dy, i) : value(dy, i) * value(y, i);
    for (int64_t i = r * width; i < (r + 1) * width; i++)
      put(dx, i, algorithm == 2 ? value(dy, i) - std::exp(value(y, i)) * sum : value(y, i) * (value(dy, i) - sum));
  }
  return 0;
}

int cudnnPoolingForward(void*, void* pooling, const void* alpha, void* x_is, const void* x, const void* beta, void* y_is, void* y) {
  if (const int status = status_of("cudnnPoolingForward")) return status;
  const Pooling& p = *static_cast<Pooling*>(pooling);
  const Tensor &from = tensor(x_is), &to = tensor(y_is);
  if (to.h != (from.h + 2 * p.pad_y - p.height) / p.stride_y + 1 || to.w != (from.w + 2 * p.pad_x - p.width) / p.stride_x + 1 || !plain(alpha, beta)) return 2000;
  for (int b = 0; b < to.n; b++)
    for (int c = 0; c < to.c; c++)
      for (int i = 0; i < to.h; i++)
        for (int j = 0; j < to.w; j++) {
          double largest = -std::numeric_limits<double>::infinity(), sum = 0;
          int inside = 0;
          for (int u = 0; u < p.height; u++)
            for (int v = 0; v < p.width; v++) {
              const int row = i * p.stride_y + u - p.pad_y, column = j * p.stride_x + v - p.pad_x;
              if (row < 0 || row >= from.h || column < 0 || column >= from.w) continue;
              const double at = value(x, from.at(b, c, row, column));
              if (!(at <= largest) && !std::isnan(largest)) largest = at;
              sum += at, inside++;
            }
          put(y, to.at(b, c, i, j), p.mode == 3 ? largest : sum / inside);
        }
  return 0;
}

// A filter is described as (out, channels, height, width) in Tensor's terms.
int cudnnCreateFilterDescriptor(void** f) {
  if (const int status = status_of("cudnnCreateFilterDescriptor")) return status;
  return *f = new Tensor, fake_cudnn_objects++, 0;
}
int cudnnSetFilter4dDescriptor(void* f, int type, int format, int out, int channels, int height, int width) {
  if (const int status = status_of("cudnnSetFilter4dDescriptor")) return status;
  if (type != 0 || format < 0 || format > 1) return 2000;
  return *static_cast<Tensor*>(f) = {format, out, channels, height, width}, 0;
}
int cudnnDestroyFilterDescriptor(void* f) { return delete static_cast<Tensor*>(f), fake_cudnn_objects--, 0; }

int cudnnCreateConvolutionDescriptor(void** c) {
  if (const int status = status_of("cudnnCreateConvolutionDescriptor")) return status;
  return *c = new Convolution, fake_cudnn_objects++, 0;
}
int cudnnSetConvolution2dDescriptor(void* c, int pad_y, int pad_x, int stride_y, int stride_x, int dilation_y, int dilation_x, int mode, int type) {
  if (const int status = status_of("cudnnSetConvolution2dDescriptor")) return status;
  if (dilation_y != 1 || dilation_x != 1 || mode != 1 || type != 0) return 2000;
  return *static_cast<Convolution*>(c) = {pad_y, pad_x, stride_y, stride_x, -1}, 0;
}
int cudnnSetConvolutionMathType(void* c, int math) {
  if (const int status = status_of("cudnnSetConvolutionMathType")) return status;
  return static_cast<Convolution*>(c)->math = math, 0;
}
int cudnnDestroyConvolutionDescriptor(void* c) { return delete static_cast<Convolution*>(c), fake_cudnn_objects--, 0; }

int cudnnGetConvolutionForwardWorkspaceSize(void*, void*, void*, void*, void*, int algorithm, size_t* bytes) {
  if (const int status = status_of("cudnnGetConvolutionForwardWorkspaceSize")) return status;
  return *bytes = algorithm == 1 ? 1000 : 0, 0;
}
int cudnnConvolutionForward(void*, const void* alpha, void* x_is, const void* x, void* weight_is, const void* weight, void* convolution, int, void* workspace,
                            size_t bytes, const void* beta, void* y_is, void* y) {
  if (const int status = status_of("cudnnConvolutionForward")) return status;
  const Convolution& c = *static_cast<Convolution*>(convolution);
  const Tensor &from = tensor(x_is), &w = tensor(weight_is), &to = tensor(y_is);
  if (c.math != 3 || !workspace || bytes != 1000 || !plain(alpha, beta) || w.c != from.c || w.n != to.c || from.format != w.format || to.n != from.n ||
      to.h != (from.h + 2 * c.pad_y - w.h) / c.stride_y + 1 || to.w != (from.w + 2 * c.pad_x - w.w) / c.stride_x + 1)
    return 2000;
  for (int b = 0; b < to.n; b++)
    for (int o = 0; o < to.c; o++)
      for (int i = 0; i < to.h; i++)
        for (int j = 0; j < to.w; j++) {
          double sum = 0;
          for (int k = 0; k < from.c; k++)
            for (int u = 0; u < w.h; u++)
              for (int v = 0; v < w.w; v++) {
                const int row = i * c.stride_y + u - c.pad_y, column = j * c.stride_x + v - c.pad_x;
                if (row < 0 || row >= from.h || column < 0 || column >= from.w) continue;
                sum += value(x, from.at(b, k, row, column)) * value(weight, w.at(o, k, u, v));
              }
          put(y, to.at(b, o, i, j), sum);
        }
  return 0;
}

int cudnnBatchNormalizationBackward(void*, int mode, const void* alpha, const void* beta, const void* alpha_parameters, const void* beta_parameters, void* x_is,
                                    const void* x, void*, const void* dy, void*, void* dx, void* gain_is, const void* gain, void* dgain, void* dbias, double eps,
                                    const void* mean, const void* rstd) {
  if (const int status = status_of("cudnnBatchNormalizationBackward")) return status;
  const Tensor& t = tensor(x_is);
  if (mode != 1 || tensor(gain_is).c != t.c || eps < 0 || !plain(alpha, beta) || !plain(alpha_parameters, beta_parameters)) return 2000;
  const double count = double(t.n) * t.h * t.w;
  for (int c = 0; c < t.c; c++) {
    double sum = 0, product = 0;
    const auto each = [&](const auto& f) {
      for (int b = 0; b < t.n; b++)
        for (int i = 0; i < t.h; i++)
          for (int j = 0; j < t.w; j++) f(t.at(b, c, i, j));
    };
    const auto h = [&](int64_t i) { return (value(x, i) - value(mean, c)) * value(rstd, c); };
    each([&](int64_t i) { sum += value(dy, i), product += value(dy, i) * h(i); });
    each([&](int64_t i) { put(dx, i, value(gain, c) * value(rstd, c) * (value(dy, i) - sum / count - h(i) * product / count)); });
    put(dgain, c, product), put(dbias, c, sum);
  }
  return 0;
}
}
