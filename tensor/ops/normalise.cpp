#include "tensor/ops/normalise.h"

#include "kernels/normalise/normalise.h"
#include "tensor/ops/rows.h"
#include "tensor/tape.h"

namespace ceir {

Tensor l2_normalise(const Tensor& x) {
  const Rows r = as_rows("l2_normalise", x);  // (..., C) -> (R, C)
  const Tensor input = x.contiguous();
  Tensor y = Tensor::empty(x.shape(), x.dtype()), norm = Tensor::empty({r.rows}, x.dtype());
  dispatch("l2_normalise", x.dtype(), [&]<class T>() {
    run(Normalise<T>{input.data<T>(), y.data<T>(), norm.data<T>(), r.rows, r.width});
  });
  return record("l2_normalise", y, {x}, [y, norm, r](const Tensor& dy) {
    Tensor dx = Tensor::empty(dy.shape(), dy.dtype());
    dispatch("l2_normalise", dy.dtype(), [&]<class T>() {
      run(NormaliseBackward<T>{y.data<T>(), norm.data<T>(), dy.data<T>(), dx.data<T>(), r.rows, r.width});
    });
    return std::vector<Tensor>{dx};
  });
}

}  // namespace ceir
