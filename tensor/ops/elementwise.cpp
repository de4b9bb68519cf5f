#include "tensor/ops/elementwise.h"

#include "kernels/elementwise/elementwise.h"
#include "tensor/ops/reduce.h"
#include "tensor/tape.h"

namespace ceir {
namespace {

// The stride of dimension i of `shape` in t, which has the trailing dimensions of it: 0 where t is repeated.
int64_t stride_in(const Tensor& t, const Shape& shape, int i) {
  const int own = i - (shape.rank() - t.rank());
  return own < 0 || t.dim(own) == 1 ? 0 : t.stride(own);
}

// The loops over y's shape with neighbours merged where both operands step evenly: most calls become one loop.
template <class T>
Elementwise<T> plan(Binary f, const Tensor& a, const Tensor& b, Tensor& y) {
  Elementwise<T> e{f, a.data<T>(), b.data<T>(), y.data<T>(), 0, {}, {}, {}};
  for (int i = 0; i < y.rank(); i++) {
    const int64_t extent = y.dim(i), as = stride_in(a, y.shape(), i), bs = stride_in(b, y.shape(), i);
    if (extent == 1) continue;
    const int last = e.rank - 1;
    if (last >= 0 && e.a_stride[last] == as * extent && e.b_stride[last] == bs * extent) {
      e.shape[last] *= extent, e.a_stride[last] = as, e.b_stride[last] = bs;
    } else {
      e.shape[e.rank] = extent, e.a_stride[e.rank] = as, e.b_stride[e.rank] = bs;
      e.rank++;
    }
  }
  if (e.rank == 0) e.rank = 1, e.shape[0] = 1;
  return e;
}

void compute(const char* op, Binary f, const Tensor& a, const Tensor& b, Tensor& y) {
  if (y.numel() == 0) return;
  dispatch(op, y.dtype(), [&]<class T>() { run(plan<T>(f, a, b, y)); });
}

Tensor binary(const char* op, Binary f, const Tensor& a, const Tensor& b) {
  require_same_dtype(op, a, b);
  Tensor y = Tensor::empty(a.shape() == b.shape() ? a.shape() : broadcast_shapes(op, a.shape(), b.shape()), a.dtype());
  compute(op, f, a, b, y);
  return y;
}

// x op constant, without a tensor for the constant's gradient.
Tensor with_constant(const char* op, Binary f, const Tensor& x, double constant) {
  return binary(op, f, x, Tensor::scalar(constant, x.dtype()));
}

Tensor reduced(const Tensor& dy, const Tensor& like) { return like.tracked() ? sum_to(dy, like.shape()) : Tensor(); }

}  // namespace

Tensor add(const Tensor& a, const Tensor& b) {
  return record("add", binary("add", Binary::add, a, b), {a, b},
                [a_shape = a.shape(), b_shape = b.shape(), for_a = a.tracked(), for_b = b.tracked()](const Tensor& dy) {
                  return std::vector<Tensor>{for_a ? sum_to(dy, a_shape) : Tensor(), for_b ? sum_to(dy, b_shape) : Tensor()};
                });
}

Tensor sub(const Tensor& a, const Tensor& b) {
  return record("sub", binary("sub", Binary::sub, a, b), {a, b},
                [a_shape = a.shape(), b_shape = b.shape(), for_a = a.tracked(), for_b = b.tracked()](const Tensor& dy) {
                  return std::vector<Tensor>{for_a ? sum_to(dy, a_shape) : Tensor(),
                                             for_b ? scale(sum_to(dy, b_shape), -1) : Tensor()};
                });
}

Tensor mul(const Tensor& a, const Tensor& b) {
  return record("mul", binary("mul", Binary::mul, a, b), {a, b}, [a, b](const Tensor& dy) {
    return std::vector<Tensor>{a.tracked() ? reduced(mul(dy, b), a) : Tensor(), b.tracked() ? reduced(mul(dy, a), b) : Tensor()};
  });
}

Tensor div(const Tensor& a, const Tensor& b) {  // d(a/b) = da / b - (a/b) db / b
  const Tensor y = binary("div", Binary::div, a, b);
  return record("div", y, {a, b}, [a = a.tracked() ? a : Tensor(), b, y](const Tensor& dy) {
    const Tensor g = div(dy, b);
    return std::vector<Tensor>{a.defined() ? reduced(g, a) : Tensor(), b.tracked() ? scale(reduced(mul(g, y), b), -1) : Tensor()};
  });
}

Tensor scale(const Tensor& x, double factor) {
  return record("scale", with_constant("scale", Binary::mul, x, factor), {x},
                [factor](const Tensor& dy) { return std::vector<Tensor>{scale(dy, factor)}; });
}

Tensor shift(const Tensor& x, double offset) {
  return record("shift", with_constant("shift", Binary::add, x, offset), {x},
                [](const Tensor& dy) { return std::vector<Tensor>{dy}; });
}

void add_in_place(Tensor& sum, const Tensor& g) {
  require_same_dtype("add_in_place", sum, g);
  require_shape("add_in_place: the addend", g, sum.shape());
  if (!sum.is_contiguous()) fail(ErrorKind::internal, "add_in_place: {} is not contiguous", sum.shape().str());
  compute("add_in_place", Binary::add, sum, g, sum);
}

}  // namespace ceir
