#include "tensor/ops/batchnorm.h"

#include "kernels/batchnorm/batchnorm.h"
#include "kernels/batchnorm/moments.h"
#include "tensor/tape.h"

namespace ceir {

Tensor batchnorm(const Tensor& x, const Tensor& gain, const Tensor& bias, Tensor& running_mean, Tensor& running_var,
                 bool training, double momentum, double eps) {
  if (x.rank() < 2) fail(ErrorKind::internal, "batchnorm: x has shape {}, expected (N, C) or (N, C, H, W)", x.shape().str());
  const int64_t n = x.dim(0), channels = x.dim(1);
  int64_t inner = 1;
  for (int i = 2; i < x.rank(); i++) inner *= x.dim(i);
  for (const auto& [what, t] : {std::pair{"batchnorm: gain", &gain}, {"batchnorm: bias", &bias},
                                {"batchnorm: running mean", static_cast<const Tensor*>(&running_mean)},
                                {"batchnorm: running variance", static_cast<const Tensor*>(&running_var)}}) {
    require_shape(what, *t, {channels});
    require_same_dtype(what, x, *t);
  }
  if (training && n * inner < 2)
    bad_input("batchnorm: training needs at least two values per channel, x has shape {}; use a larger batch", x.shape().str());
  const Tensor input = x.contiguous().detached(), g = gain.contiguous().detached(), b = bias.contiguous();
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  Tensor mean = Tensor::empty({channels}, x.dtype()), var = Tensor::empty({channels}, x.dtype()), rstd = Tensor::empty({channels}, x.dtype());
  dispatch("batchnorm", x.dtype(), [&]<class T>() {
    if (training) {
      for (const Tensor* t : {&running_mean, &running_var})
        if (!t->is_contiguous()) fail(ErrorKind::internal, "batchnorm: the running statistics {} are not contiguous", t->shape().str());
      run(BatchStatistics<T>{input.data<T>(), mean.data<T>(), var.data<T>(), n, channels, inner});
    } else {
      mean.copy_from(running_mean);
      var.copy_from(running_var);
    }
    const auto count = static_cast<double>(n * inner);
    run(BatchMoments<T>{mean.data<T>(), var.data<T>(), training ? running_mean.data<T>() : nullptr,
                        training ? running_var.data<T>() : nullptr, rstd.data<T>(), channels, momentum, count / (count - 1), eps});
    run(BatchNorm<T>{input.data<T>(), mean.data<T>(), rstd.data<T>(), g.data<T>(), b.data<T>(), y.data<T>(), n, channels, inner});
  });
  return record("batchnorm", y, {x, gain, bias},
                [input, g, mean, rstd, n, channels, inner, training, for_x = x.tracked()](const Tensor& dy) {
    Tensor dx, dgain = Tensor::empty({channels}, dy.dtype()), dbias = Tensor::empty({channels}, dy.dtype());
    if (for_x) dx = Tensor::empty(dy.shape(), dy.dtype());
    dispatch("batchnorm", dy.dtype(), [&]<class T>() {
      run(BatchNormBackward<T>{input.data<T>(), mean.data<T>(), rstd.data<T>(), g.data<T>(), dy.data<T>(),
                               for_x ? dx.data<T>() : nullptr, dgain.data<T>(), dbias.data<T>(), n, channels, inner, training});
    });
    return std::vector<Tensor>{dx, dgain, dbias};
  });
}

}  // namespace ceir
