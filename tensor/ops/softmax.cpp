#include "tensor/ops/softmax.h"

#include "kernels/softmax/softmax.h"
#include "tensor/ops/rows.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

Tensor forward(const char* op, const Tensor& x, bool logarithm, bool causal) {
  const auto [rows, width] = as_rows(op, x);  // (..., C) -> (R, C)
  const Tensor input = x.contiguous();
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  dispatch(op, x.dtype(), [&]<class T>() {
    run(Softmax<T>{input.data<T>(), y.data<T>(), rows, width, logarithm, causal ? width : 0});
  });
  return y;
}

std::vector<Tensor> backward(const char* op, const Tensor& y, const Tensor& dy, bool logarithm) {
  const auto [rows, width] = as_rows(op, y);
  Tensor dx = Tensor::empty(y.shape(), y.dtype());
  dispatch(op, y.dtype(), [&]<class T>() {
    run(SoftmaxBackward<T>{y.data<T>(), dy.data<T>(), dx.data<T>(), rows, width, logarithm});
  });
  return {dx};
}

}  // namespace

Tensor softmax(const Tensor& x, bool causal) {
  if (causal && (x.rank() < 2 || x.dim(-1) != x.dim(-2)))
    fail(ErrorKind::internal, "softmax: causal needs (..., T, T), got {}", x.shape().str());
  const Tensor y = forward("softmax", x, false, causal);
  return record("softmax", y, {x}, [y](const Tensor& dy) { return backward("softmax", y, dy, false); });
}

Tensor log_softmax(const Tensor& x) {
  const Tensor y = forward("log_softmax", x, true, false);
  return record("log_softmax", y, {x}, [y](const Tensor& dy) { return backward("log_softmax", y, dy, true); });
}

}  // namespace ceir
