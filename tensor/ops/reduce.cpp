#include "tensor/ops/reduce.h"

#include "kernels/reduce/reduce.h"
#include "tensor/ops/elementwise.h"
#include "tensor/ops/rows.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

// (outer, n, inner) of x -> (outer, inner), given the final shape.
Tensor reduced(const char* op, Reduction kind, const Tensor& x, const Shape& shape, int64_t outer, int64_t n, int64_t inner) {
  const Tensor input = x.contiguous();
  Tensor y = Tensor::empty(shape, x.dtype());
  dispatch(op, x.dtype(), [&]<class T>() {
    run(Reduce<T>{kind, input.data<T>(), y.data<T>(), outer, n, inner});
  });
  return y;
}

Tensor over_dim(const char* op, Reduction kind, const Tensor& x, int d) {
  int64_t outer = 1, inner = 1;
  for (int i = 0; i < d; i++) outer *= x.dim(i);
  for (int i = d + 1; i < x.rank(); i++) inner *= x.dim(i);
  return reduced(op, kind, x, x.shape().without(d), outer, x.dim(d), inner);
}

// dy repeated along dimension d of `shape`, as a view.
Tensor repeated(const Tensor& dy, const Shape& shape, int d) {
  Strides strides{};
  for (int i = 0, k = 0; i < shape.rank(); i++)
    if (i != d) strides[static_cast<size_t>(i)] = dy.stride(k++);
  return dy.view(shape, strides, 0);
}

}  // namespace

Tensor sum(const Tensor& x) {
  return record("sum", reduced("sum", Reduction::sum, x, {}, 1, x.numel(), 1), {x}, [shape = x.shape()](const Tensor& dy) {
    return std::vector<Tensor>{dy.view(shape, Strides{}, 0)};
  });
}

Tensor mean(const Tensor& x) {
  return record("mean", reduced("mean", Reduction::mean, x, {}, 1, x.numel(), 1), {x}, [shape = x.shape()](const Tensor& dy) {
    return std::vector<Tensor>{scale(dy, 1 / static_cast<double>(shape.numel())).view(shape, Strides{}, 0)};
  });
}

Tensor sum(const Tensor& x, int dim) {
  const int d = checked_dim("sum", x, dim);
  return record("sum", over_dim("sum", Reduction::sum, x, d), {x}, [shape = x.shape(), d](const Tensor& dy) {
    return std::vector<Tensor>{repeated(dy, shape, d)};
  });
}

Tensor mean(const Tensor& x, int dim) {
  const int d = checked_dim("mean", x, dim);
  return record("mean", over_dim("mean", Reduction::mean, x, d), {x}, [shape = x.shape(), d](const Tensor& dy) {
    return std::vector<Tensor>{repeated(scale(dy, 1 / static_cast<double>(shape[d])), shape, d)};
  });
}

Tensor variance(const Tensor& x, int dim, bool unbiased) {  // its gradient: 2 (x - mean) / n, or / (n - 1)
  const int d = checked_dim("variance", x, dim);
  const Tensor y = over_dim("variance", unbiased ? Reduction::sample_variance : Reduction::variance, x, d);
  return record("variance", y, {x}, [x = x.detached(), d, unbiased](const Tensor& dy) {
    const Tensor centred = sub(x, repeated(over_dim("variance", Reduction::mean, x, d), x.shape(), d));
    const auto n = static_cast<double>(unbiased ? x.dim(d) - 1 : x.dim(d));
    return std::vector<Tensor>{mul(centred, repeated(scale(dy, 2 / n), x.shape(), d))};
  });
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x.detached();
  if (x.numel() == 0) return Tensor::zeros(shape, x.dtype());
  const int added = x.rank() - shape.rank();
  Tensor y = x.contiguous().detached();
  // Runs of neighbouring repeated dimensions are one reduction each; from the back, so that inner is what is left.
  int64_t inner = 1, outer = x.numel();
  for (int i = x.rank(); i > 0;) {
    int64_t n = 1;
    const auto was_repeated = [&](int d) { return d < added || (shape[d - added] == 1 && x.dim(d) != 1); };
    const bool repeated = was_repeated(i - 1);
    for (; i > 0 && (was_repeated(i - 1) == repeated || x.dim(i - 1) == 1); i--) n *= x.dim(i - 1);
    outer /= n;
    if (repeated) y = reduced("sum", Reduction::sum, y, {outer, inner}, outer, n, inner);
    else inner *= n;
  }
  return y.reshaped(shape);
}

}  // namespace ceir
