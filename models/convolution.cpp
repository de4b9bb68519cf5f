#include "models/convolution.h"

#include <algorithm>
#include <cmath>

#include "kernels/base/threads.h"
#include "kernels/conv2d/channels_last.h"
#include "tensor/ops.h"

namespace ceir {
namespace {

// Elements of the windows of a band: 1 MiB in f32 stays in a core's cache between being gathered and being multiplied.
constexpr int64_t band_elements = int64_t{1} << 18;

// A device has enough cores for whole images: the same layer from operations, channels first inside.
Tensor on_device(const Convolution& c, const Tensor& x, bool relu_after, const Tensor& residual) {
  Tensor mean = c.mean, variance = c.variance;
  const Tensor product = conv2d(to_channels_first(x), c.weight.values(), {}, c.stride, c.kernel / 2);        // (B, O, H', W')
  Tensor y = to_channels_last(batchnorm(product, c.gain, c.bias, mean, variance, false, 0.1, c.eps));        // (B, H', W', O)
  if (residual.defined()) y = add(y, residual);
  return relu_after ? relu(y) : y;
}

}  // namespace

Tensor Convolution::operator()(const Tensor& given, bool relu, const Tensor& residual) const {
  const Tensor x = given.contiguous();
  const WindowGeometry g{x.dim(1), x.dim(2), x.dim(3), kernel, stride, kernel / 2};
  const int64_t batch = x.dim(0), height = g.out_height(), width = g.out_width();
  const Shape shape{batch, height, width, out};
  if (g.channels != channels) fail(ErrorKind::internal, "convolution: an image of {} channels, expected {}", g.channels, channels);
  if (residual.defined()) require_shape("convolution: residual", residual, shape);
  if (compute_device() == Device::cuda) return on_device(*this, x, relu, residual);
  Tensor y = Tensor::empty(shape, x.dtype());
  const bool pointwise = kernel == 1 && stride == 1;
  const int64_t rows = std::max<int64_t>(1, band_elements / (width * g.row()));   // of the output, in a band
  const int64_t bands = (height + rows - 1) / rows;
  dispatch("convolution", x.dtype(), [&]<class T>() {
    std::vector<T> scale(static_cast<size_t>(out));
    for (int64_t c = 0; c < out; c++)
      scale[static_cast<size_t>(c)] = static_cast<T>(static_cast<double>(gain.data<T>()[c]) / std::sqrt(static_cast<double>(variance.data<T>()[c]) + eps));
    const NormaliseChannels<T> norm{mean.data<T>(), scale.data(), bias.data<T>(), out, relu};
    parallel_for(batch * bands, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        const int64_t image = i / bands, first = i % bands * rows, last = std::min(height, first + rows), n = (last - first) * width;
        const T* from = x.data<T>() + image * g.height * g.width * g.channels;
        Tensor windows;   // (n, kernel kernel C)
        if (pointwise) {
          windows = x.view({n, g.channels}, {g.channels, 1}, (image * height + first) * width * g.channels);
        } else {
          windows = Tensor::empty({n, g.row()}, x.dtype());
          windows_channels_last(from, g, first, last, windows.data<T>());
        }
        const Tensor product = weight(windows);   // (n, O)
        const int64_t at = (image * height + first) * width * out;
        normalise_channels(product.data<T>(), residual.defined() ? residual.data<T>() + at : nullptr, n, norm, y.data<T>() + at);
      }
    });
  });
  return y;
}

void Convolution::slots(const std::string& conv, const std::string& norm, ParameterSlots& list) {
  // He et al. 2015, "Delving Deep into Rectifiers", for what is drawn.
  list.push_back({conv + ".weight", &weight.weight, {out, channels, kernel, kernel},
                  Initial::normal(std::sqrt(2.0 / static_cast<double>(out * kernel * kernel))), &weight});
  list.push_back({norm + ".weight", &gain, {out}, Initial::ones()});
  list.push_back({norm + ".bias", &bias, {out}, Initial::zeros()});
  list.push_back({norm + ".running_mean", &mean, {out}, Initial::zeros()});
  list.push_back({norm + ".running_var", &variance, {out}, Initial::ones()});
}

Tensor average_pool(const Tensor& given, int64_t size) {
  const Tensor x = given.contiguous();
  if (compute_device() == Device::cuda) return to_channels_last(avg_pool2d(to_channels_first(x), size, size));
  const int64_t h = x.dim(1), w = x.dim(2), c = x.dim(3);
  Tensor y = Tensor::empty({x.dim(0), h / size, w / size, c}, x.dtype());
  dispatch("average pool", x.dtype(), [&]<class T>() {
    parallel_for(x.dim(0), 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++)
        average_pool_channels_last(x.data<T>() + i * h * w * c, h, w, c, size, y.data<T>() + i * (h / size) * (w / size) * c);
    });
  });
  return y;
}

Tensor max_pool(const Tensor& given, int64_t kernel, int64_t stride, int64_t padding) {
  const Tensor x = given.contiguous();
  if (compute_device() == Device::cuda) return to_channels_last(max_pool2d(to_channels_first(x), kernel, stride, padding));
  const WindowGeometry g{x.dim(1), x.dim(2), x.dim(3), kernel, stride, padding};
  const int64_t in = g.height * g.width * g.channels, out = g.out_height() * g.out_width() * g.channels;
  Tensor y = Tensor::empty({x.dim(0), g.out_height(), g.out_width(), g.channels}, x.dtype());
  dispatch("max pool", x.dtype(), [&]<class T>() {
    parallel_for(x.dim(0), 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) max_pool_channels_last(x.data<T>() + i * in, g, y.data<T>() + i * out);
    });
  });
  return y;
}

Tensor to_channels_last(const Tensor& x) { return permute(x, {0, 2, 3, 1}).contiguous(); }
Tensor to_channels_first(const Tensor& x) { return permute(x, {0, 3, 1, 2}).contiguous(); }

}  // namespace ceir
