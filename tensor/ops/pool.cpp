#include "tensor/ops/pool.h"

#include "kernels/pool/pool.h"
#include "tensor/ops/reduce.h"
#include "tensor/ops/shape.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

PoolGeometry pool_geometry(const char* op, const Tensor& x, int64_t size, int64_t stride, int64_t padding) {
  require_rank(op, x, 4);
  if (size < 1 || stride < 1 || padding < 0 || 2 * padding > size)
    fail(ErrorKind::internal, "{}: a window of {}, stride {}, padding {} makes no sense (padding is at most half of the window)", op, size,
         stride, padding);
  if (x.dim(2) + 2 * padding < size || x.dim(3) + 2 * padding < size)
    fail(ErrorKind::internal, "{}: a window of {} does not fit into x of shape {} with padding {}", op, size, x.shape().str(), padding);
  return {x.dim(0) * x.dim(1), x.dim(2), x.dim(3), size, stride, padding};
}

}  // namespace

Tensor max_pool2d(const Tensor& x, int64_t size, int64_t stride, int64_t padding) {
  const PoolGeometry g = pool_geometry("max_pool2d", x, size, stride, padding);
  const Tensor from = x.contiguous();
  return dispatch("max_pool2d", x.dtype(), [&]<class T>() {
    const Shape shape{x.dim(0), x.dim(1), g.out_height(), g.out_width()};
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

Tensor avg_pool2d(const Tensor& x, int64_t size, int64_t stride) {
  const PoolGeometry g = pool_geometry("avg_pool2d", x, size, stride, 0);
  const Tensor from = x.contiguous();
  return dispatch("avg_pool2d", x.dtype(), [&]<class T>() {
    Tensor y = Tensor::empty({x.dim(0), x.dim(1), g.out_height(), g.out_width()}, x.dtype());
    table_for<T>(avg_pool_variants, avg_pool_f64_variants)({from.data<T>(), y.data<T>(), g});
    return record("avg_pool2d", y, {x}, [g, in = x.shape()](const Tensor& dy) -> std::vector<Tensor> {
      const Tensor d = dy.contiguous();
      Tensor dx = Tensor::empty(in, d.dtype());
      table_for<T>(avg_pool_backward_variants, avg_pool_backward_f64_variants)({d.data<T>(), dx.data<T>(), g});
      return {dx};
    });
  });
}

Tensor global_avg_pool2d(const Tensor& x) {
  require_rank("global_avg_pool2d: x", x, 4);
  return mean(reshape(x, {x.dim(0), x.dim(1), x.dim(2) * x.dim(3)}), -1);   // (B, C)
}

}  // namespace ceir
