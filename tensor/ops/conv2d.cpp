#include "tensor/ops/conv2d.h"

#include <string>

#include "kernels/convolution/convolution.h"
#include "tensor/ops/reduce.h"
#include "tensor/ops/shape.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

void check_geometry(const char* op, const ConvolutionGeometry& g, const Tensor& x) {
  if (g.kernel_height < 1 || g.kernel_width < 1 || g.stride < 1 || g.padding < 0)
    fail(ErrorKind::internal, "{}: a window of {} x {}, stride {}, padding {} makes no sense", op, g.kernel_height, g.kernel_width, g.stride, g.padding);
  if (g.height + 2 * g.padding < g.kernel_height || g.width + 2 * g.padding < g.kernel_width)
    fail(ErrorKind::internal, "{}: a window of {} x {} does not fit into x of shape {} with padding {}", op, g.kernel_height, g.kernel_width,
         x.shape().str(), g.padding);
}

Shape convolution_shape(const ConvolutionGeometry& g) {
  return g.y_channels_last ? Shape{g.batch, g.out_height(), g.out_width(), g.out} : Shape{g.batch, g.out, g.out_height(), g.out_width()};
}

// True when what will run for this geometry reads a weight's panels.
bool reads_panels(const ConvolutionGeometry& g, DType dtype) {
  return dispatch("convolution", dtype, [&]<class T>() { return table_for<T>(convolution_variants, convolution_f64_variants).choose({.x = nullptr, .weight = nullptr, .y = nullptr, .geometry = g}).name == std::string("bands"); });
}

// The sum over a batch of what each channel of y is told.
Tensor bias_gradient(const ConvolutionGeometry& g, const Tensor& dy) {
  const Tensor rows = g.y_channels_last ? dy : permute(reshape(dy, {g.batch, g.out, g.positions()}), {0, 2, 1}).contiguous();
  return sum(reshape(rows, {g.batch * g.positions(), g.out}), 0);
}

// y in the shape of convolution_shape(g); the gradient flows to x, weight and bias.
Tensor convolve(const Tensor& x, const Tensor& weight, const PackedWeight* packed, const Tensor& bias, const ConvolutionGeometry& g) {
  require_same_dtype("conv2d", x, weight);
  if (bias.defined()) {
    require_shape("conv2d: bias", bias, {g.out});
    require_same_dtype("conv2d", x, bias);
  }
  const Tensor from = x.contiguous().detached(), filters = packed ? weight : weight.contiguous().detached();
  Tensor y = Tensor::empty(convolution_shape(g), x.dtype());
  dispatch("conv2d", x.dtype(), [&]<class T>() {
    const Tensor shift = bias.defined() ? bias.contiguous() : Tensor();
    ConvolutionForward<T> a{.x = from.data<T>(), .weight = filters.data<T>(), .y = y.data<T>(), .geometry = g};
    if (bias.defined()) a.after.shift = shift.data<T>();
    if (packed) a.packed = packed->panels.data<T>(), a.panel_width = packed->width;
    run(a);
  });
  return record("conv2d", y, {x, weight, bias}, [=, for_x = x.tracked(), for_weight = weight.tracked(), for_bias = bias.tracked()](const Tensor& given) -> std::vector<Tensor> {
    const Tensor dy = given.contiguous();
    Tensor dx, dweight;
    dispatch("conv2d", dy.dtype(), [&]<class T>() {
      if (for_x) {
        dx = Tensor::empty(from.shape(), dy.dtype());
        run(ConvolutionBackwardInput<T>{filters.data<T>(), dy.data<T>(), dx.data<T>(), g});
      }
      if (for_weight) {
        dweight = Tensor::empty(filters.shape(), dy.dtype());
        run(ConvolutionBackwardWeight<T>{from.data<T>(), dy.data<T>(), dweight.data<T>(), g});
      }
    });
    return {dx, dweight, for_bias ? bias_gradient(g, dy) : Tensor()};
  });
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t stride, int64_t padding) {
  require_rank("conv2d: x", x, 4);
  require_rank("conv2d: weight", weight, 4);
  if (weight.dim(1) != x.dim(1))
    fail(ErrorKind::internal, "conv2d: weight of shape {} does not fit x of shape {}", weight.shape().str(), x.shape().str());
  const ConvolutionGeometry g{x.dim(0), x.dim(1), x.dim(2), x.dim(3), weight.dim(0), weight.dim(2), weight.dim(3), stride, padding};
  check_geometry("conv2d", g, x);
  return convolve(x, weight, nullptr, bias, g);
}

Tensor patch_embedding(const Tensor& x, const Tensor& given, const Tensor& bias, int64_t size, const PackedWeight* panels) {
  require_rank("patch embedding: x", x, 4);
  const int64_t out = given.defined() ? given.dim(0) : panels ? panels->out : 0;
  const ConvolutionGeometry g{x.dim(0), x.dim(1), x.dim(2), x.dim(3), out, size, size, size, 0, false, true};
  check_geometry("patch embedding", g, x);
  const WeightToRead weight = weight_to_read(given, panels, reads_panels(g, x.dtype()));
  require_shape("patch embedding: weight", weight.matrix, {out, g.terms()});
  return reshape(convolve(x, weight.matrix, weight.packed, bias, g), {g.batch, g.positions(), out});   // (B, P, O)
}

Tensor conv2d_channels_last(const Tensor& x, const Tensor& given, int64_t kernel, int64_t stride, int64_t padding, const NormalisedEpilogue& after,
                            const PackedWeight* panels) {
  require_rank("convolution: x", x, 4);
  const int64_t out = given.defined() ? given.dim(0) : panels ? panels->out : 0;
  const ConvolutionGeometry g{x.dim(0), x.dim(3), x.dim(1), x.dim(2), out, kernel, kernel, stride, padding, true, true};
  check_geometry("convolution", g, x);
  const Shape shape = convolution_shape(g);
  const WeightToRead weight = weight_to_read(given, panels, reads_panels(g, x.dtype()));
  require_shape("convolution: weight", weight.matrix, {out, g.terms()});
  require_same_dtype("convolution", x, weight.matrix);
  std::vector<Tensor> rows;   // of one number for each channel
  for (const Tensor* t : {&after.mean, &after.variance, &after.gain, &after.bias}) {
    require_shape("convolution: a parameter of its batch normalisation", *t, {out});
    require_same_dtype("convolution", x, *t);
    rows.push_back(t->contiguous());
  }
  if (after.residual.defined()) {
    require_shape("convolution: residual", after.residual, shape);
    require_same_dtype("convolution", x, after.residual);
  }
  if (recording() && (x.tracked() || given.tracked() || after.gain.tracked() || after.bias.tracked() || after.residual.tracked()))
    fail(ErrorKind::internal, "convolution: a batch normalisation with fixed statistics inside has no gradient");
  const Tensor from = x.contiguous(), filters = weight.packed ? weight.matrix : weight.matrix.contiguous();
  const Tensor residual = after.residual.defined() ? after.residual.contiguous() : Tensor();
  Tensor y = Tensor::empty(shape, x.dtype());
  dispatch("convolution", x.dtype(), [&]<class T>() {
    ConvolutionForward<T> a{.x = from.data<T>(), .weight = filters.data<T>(), .y = y.data<T>(), .geometry = g,
                            .after = {.mean = rows[0].data<T>(), .variance = rows[1].data<T>(), .gain = rows[2].data<T>(), .eps = after.eps,
                                      .shift = rows[3].data<T>(), .residual = residual.defined() ? residual.data<T>() : nullptr, .relu = after.relu}};
    if (weight.packed) a.packed = weight.packed->panels.data<T>(), a.panel_width = weight.packed->width;
    run(a);
  });
  return y;
}

}  // namespace ceir
