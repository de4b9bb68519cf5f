#include "tensor/ops/patches.h"

#include "kernels/conv2d/patches.h"
#include "tensor/tape.h"

namespace ceir {

Tensor patches(const Tensor& x, int64_t kernel_height, int64_t kernel_width, int64_t stride, int64_t padding) {
  require_rank("patches: x", x, 4);
  const PatchGeometry g{x.dim(0), x.dim(1), x.dim(2), x.dim(3), kernel_height, kernel_width, stride, padding};
  if (kernel_height < 1 || kernel_width < 1 || stride < 1 || padding < 0)
    fail(ErrorKind::internal, "patches: a window of {} x {}, stride {}, padding {} makes no sense", kernel_height, kernel_width, stride, padding);
  if (g.height + 2 * padding < kernel_height || g.width + 2 * padding < kernel_width)
    fail(ErrorKind::internal, "patches: a window of {} x {} does not fit into x of shape {} with padding {}", kernel_height, kernel_width,
         x.shape().str(), padding);
  const Tensor from = x.contiguous();
  return dispatch("patches", x.dtype(), [&]<class T>() {
    Tensor y = Tensor::empty({g.batch, g.out_height() * g.out_width(), g.row()}, x.dtype());
    table_for<T>(patches_variants, patches_f64_variants)({from.data<T>(), y.data<T>(), g});
    return record("patches", y, {x}, [g](const Tensor& dy) -> std::vector<Tensor> {
      const Tensor d = dy.contiguous();
      Tensor dx = Tensor::empty({g.batch, g.channels, g.height, g.width}, d.dtype());
      table_for<T>(patches_backward_variants, patches_backward_f64_variants)({d.data<T>(), dx.data<T>(), g});
      return {dx};
    });
  });
}

}  // namespace ceir
