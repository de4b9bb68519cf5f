#include "tensor/ops/unary.h"

#include "tensor/tape.h"

namespace ceir {

Tensor apply(Unary function, const Tensor& x) {
  if (function == Unary::none) return x;
  const Tensor input = x.contiguous();
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  dispatch(name_of(function), x.dtype(), [&]<class T>() {
    run(UnaryForward<T>{function, input.data<T>(), y.data<T>(), x.numel()});
  });
  if (!recording() || !x.tracked()) return y;
  const Tensor saved = (derivative_from_output(function) ? y : input).detached();
  return record(name_of(function), y, {x}, [function, saved](const Tensor& dy) -> std::vector<Tensor> {
    Tensor dx = Tensor::empty(dy.shape(), dy.dtype());
    dispatch(name_of(function), dy.dtype(), [&]<class T>() {
      const T* known = saved.data<T>();
      run(UnaryBackward<T>{function, known, known, dy.data<T>(), dx.data<T>(), dy.numel()});
    });
    return {dx};
  });
}

Tensor exp(const Tensor& x) { return apply(Unary::exp, x); }
Tensor log(const Tensor& x) { return apply(Unary::log, x); }
Tensor tanh(const Tensor& x) { return apply(Unary::tanh, x); }
Tensor sigmoid(const Tensor& x) { return apply(Unary::sigmoid, x); }
Tensor relu(const Tensor& x) { return apply(Unary::relu, x); }
Tensor gelu_erf(const Tensor& x) { return apply(Unary::gelu_erf, x); }
Tensor gelu_tanh(const Tensor& x) { return apply(Unary::gelu_tanh, x); }
Tensor quick_gelu(const Tensor& x) { return apply(Unary::quick_gelu, x); }

}  // namespace ceir
