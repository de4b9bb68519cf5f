#include "tensor/ops/matmul.h"

#include <algorithm>
#include <vector>

#include "kernels/base/threads.h"
#include "kernels/gemm/gemm.h"
#include "kernels/gemm/packed.h"
#include "tensor/ops/elementwise.h"
#include "tensor/ops/reduce.h"
#include "tensor/ops/unary.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

void run(const Gemm<float>& g) { gemm_variants(g); }
void run(const Gemm<double>& g) { gemm_f64_variants(g); }

// The last two dimensions of a batched operand, swapped when asked.
struct Matrix {
  const Tensor* t;
  int64_t rows, cols, row_stride, col_stride;

  Matrix(const Tensor& x, bool transposed) : t(&x) {
    const int r = x.rank() - 2, c = x.rank() - 1;
    rows = x.dim(transposed ? c : r), cols = x.dim(transposed ? r : c);
    row_stride = x.stride(transposed ? c : r), col_stride = x.stride(transposed ? r : c);
  }
  Shape leading() const { return t->shape().without(-1).without(-1); }
};

// Offsets of the matrices of `x` when its leading dimensions are repeated to `batch`, in C order.
std::vector<int64_t> batch_offsets(const Tensor& x, const Shape& batch) {
  std::vector<int64_t> offsets{0};
  for (int d = 0; d < batch.rank(); d++) {
    const int own = d - batch.rank() + x.rank() - 2;
    const int64_t stride = own >= 0 && x.dim(own) != 1 ? x.stride(own) : 0;
    std::vector<int64_t> next;
    next.reserve(offsets.size() * static_cast<size_t>(batch[d]));
    for (const int64_t o : offsets)
      for (int64_t i = 0; i < batch[d]; i++) next.push_back(o + i * stride);
    offsets = std::move(next);
  }
  return offsets;
}

Shape matrix_shape(const Shape& batch, int64_t m, int64_t n) { return batch.appended(m).appended(n); }

// How many offsets from the i-th on lie at equal distances.
int64_t even_run(const std::vector<int64_t>& offsets, int64_t i) {
  const auto at = [&](int64_t k) { return offsets[static_cast<size_t>(k)]; };
  const int64_t count = static_cast<int64_t>(offsets.size());
  int64_t end = std::min(i + 2, count);
  while (end < count && at(end) - at(end - 1) == at(i + 1) - at(i)) end++;
  return end - i;
}

// y[i] (+)= a[i] b[i] over the batch; y contiguous (batch, m, n) or, with `shared`, leading dimensions of `y` repeat,
// and the products of one place are added up in the order of the batch.
template <class T>
void multiply(const Matrix& a, const Matrix& b, Tensor& y, const Shape& batch, bool shared) {
  const auto at_a = batch_offsets(*a.t, batch), at_b = batch_offsets(*b.t, batch), at_y = batch_offsets(y, batch);
  Gemm<T> g{.a_row = a.row_stride, .a_col = a.col_stride, .b_row = b.row_stride, .b_col = b.col_stride,
            .c_row = b.cols, .m = a.rows, .n = b.cols, .k = a.cols, .accumulate = shared};
  const int64_t count = static_cast<int64_t>(at_a.size());
  const auto products = [&](int64_t first, int64_t batch) {
    const auto distance = [&](const std::vector<int64_t>& at) { return batch > 1 ? at[static_cast<size_t>(first) + 1] - at[static_cast<size_t>(first)] : 0; };
    Gemm<T> h = g;
    h.a = a.t->data<T>() + at_a[static_cast<size_t>(first)];
    h.b = b.t->data<T>() + at_b[static_cast<size_t>(first)];
    h.c = y.data<T>() + at_y[static_cast<size_t>(first)];
    h.batch = batch, h.a_batch = distance(at_a), h.b_batch = distance(at_b), h.c_batch = distance(at_y);
    run(h);
  };
  // Products that are added up in one place come one after the other. A device gets as many at once as lie at equal distances.
  // On the CPU, many small ones: one per thread; a few large ones: each is split inside.
  if (!shared && compute_device() != Device::cpu)
    for (int64_t i = 0; i < count;) {
      const int64_t batch = std::min({even_run(at_a, i), even_run(at_b, i), even_run(at_y, i)});
      products(i, batch);
      i += batch;
    }
  else if (!shared && count > 1 && g.m * g.n * g.k < (int64_t{1} << 22))
    parallel_for(count, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) products(i, 1);
    });
  else
    for (int64_t i = 0; i < count; i++) products(i, 1);
}

// The gradient of one operand: a product over the batch, added up where the operand was repeated.
Tensor operand_gradient(const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b, const Shape& batch,
                        const Shape& target) {
  const bool shared = target.without(-1).without(-1).numel() != batch.numel();
  Tensor y = shared ? Tensor::zeros(target, a.dtype()) : Tensor::empty(target, a.dtype());
  dispatch("matmul", a.dtype(), [&]<class T>() {
    multiply<T>(Matrix(a, transpose_a), Matrix(b, transpose_b), y, batch, shared);
  });
  return y;
}

// (..., in) as rows of equal distance: the tensor itself where its strides allow, else a copy.
struct MatrixRows {
  Tensor t;
  int64_t rows, width, row_stride;

  explicit MatrixRows(const Tensor& x) : t(x.detached()), rows(1), width(x.dim(-1)), row_stride(width) {
    for (int d = 0; d + 1 < x.rank(); d++) rows *= x.dim(d);
    if (t.is_contiguous()) return;
    bool regular = x.stride(-1) == 1 || width <= 1;
    int64_t step = 0, repeat = 1;  // distance of neighbouring rows, and rows seen from the inside
    for (int d = x.rank() - 2; d >= 0 && regular; d--) {
      if (x.dim(d) == 1) continue;
      if (step == 0) step = x.stride(d);
      else regular = x.stride(d) == step * repeat;
      repeat *= x.dim(d);
    }
    if (regular && step != 0) row_stride = step;
    else t = t.contiguous();
  }
};

template <class T>
Gemm<T> linear_arguments(const MatrixRows& x, const Tensor& weight, Tensor& y) {
  return {.a = x.t.data<T>(), .a_row = x.row_stride, .a_col = 1,
          .b = weight.data<T>(), .b_row = weight.stride(1), .b_col = weight.stride(0),
          .c = y.data<T>(), .c_row = weight.dim(0), .m = x.rows, .n = weight.dim(0), .k = x.width};
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a, bool transpose_b) {
  require_same_dtype("matmul", a, b);
  if (a.rank() < 2 || b.rank() < 2)
    fail(ErrorKind::internal, "matmul: {} and {} must have at least two dimensions", a.shape().str(), b.shape().str());
  const Matrix x(a, transpose_a), w(b, transpose_b);
  if (x.cols != w.rows)
    fail(ErrorKind::internal, "matmul: {}{} and {}{} do not fit ({} and {} terms)", a.shape().str(),
         transpose_a ? "^T" : "", b.shape().str(), transpose_b ? "^T" : "", x.cols, w.rows);
  const Shape batch = broadcast_shapes("matmul", x.leading(), w.leading());
  Tensor y = Tensor::empty(matrix_shape(batch, x.rows, w.cols), a.dtype());
  dispatch("matmul", a.dtype(), [&]<class T>() { multiply<T>(x, w, y, batch, false); });
  return record("matmul", y, {a, b}, [=](const Tensor& dy) -> std::vector<Tensor> {
    Tensor da, db;  // y = op(a) op(b): d op(a) = dy op(b)^T, d op(b) = op(a)^T dy, each transposed back where op did
    if (a.tracked())
      da = transpose_a ? operand_gradient(b, transpose_b, dy, true, batch, a.shape())
                       : operand_gradient(dy, false, b, !transpose_b, batch, a.shape());
    if (b.tracked())
      db = transpose_b ? operand_gradient(dy, true, a, transpose_a, batch, b.shape())
                       : operand_gradient(a, !transpose_a, dy, false, batch, b.shape());
    return {da, db};
  });
}

std::shared_ptr<const PackedWeight> pack_weight(const Tensor& weight, bool keep) {
  require_rank("linear: weight", weight, 2);
  return dispatch("linear", weight.dtype(), [&]<class T>() -> std::shared_ptr<const PackedWeight> {
    const int64_t width = gemm_panel_width<T>();
    if (width == 0) return nullptr;
    auto packed = std::make_shared<PackedWeight>();
    packed->width = width;
    packed->out = weight.dim(0), packed->in = weight.dim(1);
    if (keep) packed->made_from = weight.detached();
    packed->panels = Tensor::empty({packed_size(weight.dim(1), weight.dim(0), width)}, weight.dtype());
    pack_b(weight.data<T>(), weight.stride(1), weight.stride(0), weight.dim(1), weight.dim(0), width,
           packed->panels.data<T>());
    return packed;
  });
}

Tensor PackedWeight::unpacked() const {
  Tensor weight = Tensor::empty({out, in}, panels.dtype());
  dispatch("linear", panels.dtype(), [&]<class T>() { unpack_b(panels.data<T>(), in, out, width, weight.data<T>(), 1, in); });
  return weight;
}

namespace {

// True when the kernel that would run now reads these panels.
template <class T>
bool readable(const PackedWeight& packed) {
  return packed.panels.dtype() == dtype_of<T> && gemm_panel_width<T>() == packed.width;
}

}  // namespace

WeightToRead weight_to_read(const Tensor& given, const PackedWeight* packed, bool panels) {
  if (!given.defined()) {
    if (!packed) fail(ErrorKind::internal, "linear: neither a weight nor its panels");
    const bool as_it_is = panels && !recording() && dispatch("linear", packed->panels.dtype(), [&]<class T>() { return readable<T>(*packed); });
    // A view of the right shape that nothing reads: the kernel takes the panels.
    if (as_it_is) return {packed->panels.view({packed->out, packed->in}, {0, 0}, 0), packed};
    return {packed->unpacked()};
  }
  const bool of_it = packed && panels && packed->made_from.defined() && packed->made_from.address() == given.address() && packed->made_from.shape() == given.shape();
  return {given, of_it ? packed : nullptr};
}

Tensor linear(const Tensor& x, const Tensor& given, const Tensor& bias, const LinearEpilogue& epilogue,
              const PackedWeight* panels) {
  const Tensor residual = epilogue.residual;
  const WeightToRead read = weight_to_read(given, panels);
  const Tensor weight = read.matrix;
  const PackedWeight* packed = read.packed;
  require_same_dtype("linear", x, weight);
  require_rank("linear: weight", weight, 2);
  if (x.rank() < 1 || x.dim(-1) != weight.dim(1))
    fail(ErrorKind::internal, "linear: x {} does not fit the weight {}", x.shape().str(), weight.shape().str());
  if (bias.defined()) {
    require_shape("linear: bias", bias, {weight.dim(0)});
    require_same_dtype("linear", weight, bias);
  }
  const Shape out = x.shape().with(-1, weight.dim(0));
  if (residual.defined()) {
    require_shape("linear: residual", residual, out);
    require_same_dtype("linear", weight, residual);
  }
  if (epilogue.activation != Unary::none && recording() && (x.tracked() || weight.tracked() || bias.tracked())) {
    const Tensor y = apply(epilogue.activation, linear(x, weight, bias));
    return residual.defined() ? add(y, residual) : y;
  }
  const MatrixRows rows(x);
  Tensor y = Tensor::empty(out, x.dtype());
  dispatch("linear", x.dtype(), [&]<class T>() {
    Gemm<T> g = linear_arguments<T>(rows, weight, y);
    const Tensor dense_bias = bias.defined() ? bias.contiguous() : Tensor();
    if (bias.defined()) g.bias = dense_bias.data<T>();
    g.activation = epilogue.activation;
    Tensor added;
    if (residual.defined()) {
      const MatrixRows r(residual);
      added = r.t;
      g.residual = added.data<T>();
      g.residual_row = r.row_stride;
    }
    if (packed) {
      g.packed = packed->panels.data<T>();
      g.panel_width = packed->width;
    }
    run(g);
  });
  return record("linear", y, {x, weight, bias, residual}, [=](const Tensor& dy) -> std::vector<Tensor> {
    const MatrixRows d(dy), in(x);
    Tensor dx, dw, db;
    dispatch("linear", dy.dtype(), [&]<class T>() {
      if (x.tracked()) {  // dx = dy W
        dx = Tensor::empty(x.shape(), x.dtype());
        run(Gemm<T>{.a = d.t.data<T>(), .a_row = d.row_stride, .a_col = 1,
                    .b = weight.data<T>(), .b_row = weight.stride(0), .b_col = weight.stride(1),
                    .c = dx.data<T>(), .c_row = in.width, .m = d.rows, .n = in.width, .k = d.width});
      }
      if (weight.tracked()) {  // dW = dy^T x
        dw = Tensor::empty(weight.shape(), weight.dtype());
        run(Gemm<T>{.a = d.t.data<T>(), .a_row = 1, .a_col = d.row_stride,
                    .b = in.t.data<T>(), .b_row = in.row_stride, .b_col = 1,
                    .c = dw.data<T>(), .c_row = in.width, .m = d.width, .n = in.width, .k = d.rows});
      }
    });
    if (bias.tracked()) db = sum(d.t.view({d.rows, d.width}, {d.row_stride, 1}, 0), 0);
    return {dx, dw, db, residual.tracked() ? dy : Tensor()};
  });
}

}  // namespace ceir
