#include "tensor/ops/pool.h"

#include <algorithm>

#include "kernels/pool/pool.h"
#include "tensor/ops/reduce.h"
#include "tensor/ops/shape.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

PoolGeometry pool_geometry(const char* op, const Tensor& x, int64_t size, int64_t stride, int64_t padding, bool channels_last) {
  require_rank(op, x, 4);
  if (size < 1 || stride < 1 || padding < 0 || 2 * padding > size)
    fail(ErrorKind::internal, "{}: a window of {}, stride {}, padding {} makes no sense (padding is at most half of the window)", op, size,
         stride, padding);
  const int64_t channels = x.dim(channels_last ? 3 : 1), height = x.dim(channels_last ? 1 : 2), width = x.dim(channels_last ? 2 : 3);
  if (height + 2 * padding < size || width + 2 * padding < size)
    fail(ErrorKind::internal, "{}: a window of {} does not fit into x of shape {} with padding {}", op, size, x.shape().str(), padding);
  return {x.dim(0) * channels, height, width, size, stride, padding, channels_last ? std::max<int64_t>(1, channels) : 1};
}

Shape pooled_shape(const PoolGeometry& g, const Tensor& x, bool channels_last) {
  return channels_last ? Shape{x.dim(0), g.out_height(), g.out_width(), x.dim(3)} : Shape{x.dim(0), x.dim(1), g.out_height(), g.out_width()};
}

Tensor largest_of_windows(const Tensor& x, int64_t size, int64_t stride, int64_t padding, bool channels_last) {
  const PoolGeometry g = pool_geometry("max_pool2d", x, size, stride, padding, channels_last);
  const Tensor from = x.contiguous();
  return dispatch("max_pool2d", x.dtype(), [&]<class T>() {
    const Shape shape = pooled_shape(g, x, channels_last);
    Tensor y = Tensor::empty(shape, x.dtype());
    Tensor where = recording() && x.tracked() ? Tensor::empty(shape, DType::i64) : Tensor();
    table_for<T>(max_pool_variants, max_pool_f64_variants)(
        {from.data<T>(), y.data<T>(), where.defined() ? where.data<int64_t>() : nullptr, g});
    return record("max_pool2d", y, {x}, [g, where, in = x.shape()](const Tensor& dy) -> std::vector<Tensor> {
      const Tensor d = dy.contiguous();
      Tensor dx = Tensor::empty(in, d.dtype());
      table_for<T>(max_pool_backward_variants, max_pool_backward_f64_variants)({d.data<T>(), where.data<int64_t>(), dx.data<T>(), g});
      return {dx};
    });
  });
}

Tensor means_of_windows(const Tensor& x, int64_t size, int64_t stride, bool channels_last) {
  const PoolGeometry g = pool_geometry("avg_pool2d", x, size, stride, 0, channels_last);
  const Tensor from = x.contiguous();
  return dispatch("avg_pool2d", x.dtype(), [&]<class T>() {
    Tensor y = Tensor::empty(pooled_shape(g, x, channels_last), x.dtype());
    table_for<T>(avg_pool_variants, avg_pool_f64_variants)({from.data<T>(), y.data<T>(), g});
    return record("avg_pool2d", y, {x}, [g, in = x.shape()](const Tensor& dy) -> std::vector<Tensor> {
      const Tensor d = dy.contiguous();
      Tensor dx = Tensor::empty(in, d.dtype());
      table_for<T>(avg_pool_backward_variants, avg_pool_backward_f64_variants)({d.data<T>(), dx.data<T>(), g});
      return {dx};
    });
  });
}

}  // namespace

Tensor max_pool2d(const Tensor& x, int64_t size, int64_t stride, int64_t padding) { return largest_of_windows(x, size, stride, padding, false); }
Tensor max_pool2d_channels_last(const Tensor& x, int64_t size, int64_t stride, int64_t padding) { return largest_of_windows(x, size, stride, padding, true); }
Tensor avg_pool2d(const Tensor& x, int64_t size, int64_t stride) { return means_of_windows(x, size, stride, false); }
Tensor avg_pool2d_channels_last(const Tensor& x, int64_t size, int64_t stride) { return means_of_windows(x, size, stride, true); }

Tensor global_avg_pool2d(const Tensor& x) {
  require_rank("global_avg_pool2d: x", x, 4);
  return mean(reshape(x, {x.dim(0), x.dim(1), x.dim(2) * x.dim(3)}), -1);   // (B, C)
}

}  // namespace ceir
