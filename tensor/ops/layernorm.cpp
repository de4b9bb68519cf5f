#include "tensor/ops/layernorm.h"

#include "kernels/layernorm/layernorm.h"
#include "tensor/ops/rows.h"
#include "tensor/tape.h"

namespace ceir {

Tensor layernorm(const Tensor& x, const Tensor& gain, const Tensor& bias, double eps) {
  const Rows r = as_rows("layernorm", x);  // (..., C) -> (R, C)
  require_shape("layernorm: gain", gain, {r.width});
  require_shape("layernorm: bias", bias, {r.width});
  require_same_dtype("layernorm", x, gain);
  require_same_dtype("layernorm", x, bias);
  const Tensor input = x.contiguous().detached(), g = gain.contiguous().detached(), b = bias.contiguous();
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  const bool keep = recording() && (x.tracked() || gain.tracked() || bias.tracked());
  Tensor mean, rstd;  // (R)
  if (keep) mean = Tensor::empty({r.rows}, x.dtype()), rstd = Tensor::empty({r.rows}, x.dtype());
  dispatch("layernorm", x.dtype(), [&]<class T>() {
    run(LayerNorm<T>{input.data<T>(), g.data<T>(), b.data<T>(), y.data<T>(), keep ? mean.data<T>() : nullptr,
                     keep ? rstd.data<T>() : nullptr, r.rows, r.width, eps});
  });
  if (!keep) return y;
  return record("layernorm", y, {x, gain, bias},
                [input, g, mean, rstd, r, for_x = x.tracked(), for_parameters = gain.tracked() || bias.tracked()](const Tensor& dy) {
    Tensor dx, dgain, dbias;
    if (for_x) dx = Tensor::empty(dy.shape(), dy.dtype());
    if (for_parameters) dgain = Tensor::empty({r.width}, dy.dtype()), dbias = Tensor::empty({r.width}, dy.dtype());
    dispatch("layernorm", dy.dtype(), [&]<class T>() {
      run(LayerNormBackward<T>{input.data<T>(), g.data<T>(), mean.data<T>(), rstd.data<T>(), dy.data<T>(),
                               for_x ? dx.data<T>() : nullptr, for_parameters ? dgain.data<T>() : nullptr,
                               for_parameters ? dbias.data<T>() : nullptr, r.rows, r.width});
    });
    return std::vector<Tensor>{dx, dgain, dbias};
  });
}

}  // namespace ceir
